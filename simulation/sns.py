"""Plays SNS: envelopes, signed by a key that is made when it is first needed.

Nobody but who asks this process has its certificate: only tests let one be checked.
Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
"""

from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import NAMESPACE_URL, uuid5

import msgspec
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from domain.timestamp import write_timestamp

TOPIC: Final = "arn:aws:sns:us-east-1:123456789012:inlet"
CERTIFICATE_URL: Final = (
    "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"
)

_NOTIFICATION = ("Message", "MessageId", "Timestamp", "TopicArn", "Type")
_FROM = datetime(2020, 1, 1, tzinfo=UTC)
_YEARS = timedelta(days=36_500)


class _Signer(NamedTuple):
    key: RSAPrivateKey
    certificate: bytes


def notification(message: Mapping[str, object], now: datetime) -> bytes:
    """Write the envelope of a message; of the same message it has the same id."""
    text = msgspec.json.encode(message).decode()
    return envelope_of(text, str(uuid5(NAMESPACE_URL, text)), now)


def envelope_of(message: str, identity: str, now: datetime) -> bytes:
    """Write the envelope of a text."""
    fields = {
        "Type": "Notification",
        "MessageId": identity,
        "TopicArn": TOPIC,
        "Message": message,
        "Timestamp": write_timestamp(now),
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE_URL,
        "UnsubscribeURL": "https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe",
    }
    signed = "".join(f"{name}\n{fields[name]}\n" for name in _NOTIFICATION).encode()
    signature = _signer().key.sign(signed, PKCS1v15(), SHA256())
    return msgspec.json.encode(fields | {"Signature": b64encode(signature).decode()})


def certificate() -> bytes:
    """Return what is served at the URL of the certificate."""
    return _signer().certificate


@lru_cache(maxsize=1)
def _signer() -> _Signer:
    # Imported when something is signed: it takes as long as all else that plays providers.
    from cryptography import x509

    key = generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(_FROM)
        .not_valid_after(_FROM + _YEARS)
        .sign(key, SHA256())
    )
    return _Signer(key, made.public_bytes(Encoding.PEM))

"""Whether SNS has posted a message, and for a topic that the channel takes messages of.

The certificate is had from the host of SNS in the topic's own region and nowhere else: hosts that
only end like Amazon's may be anybody's. Any customer of Amazon has messages that are rightly
signed, so the topic is the channel's `account`.
Source: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
Source: https://nvd.nist.gov/vuln/detail/CVE-2023-33185 (hosts that end alike)
"""

import re
from base64 import b64decode
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

from domain.errors import Unreadable
from domain.fetching_provider import NotFetched, fetch_failed
from providers.parts.sns_envelope import Envelope, Topic, signed_text, topic_of

_DIGESTS: Mapping[str | None, HashAlgorithm] = MappingProxyType(
    {"1": SHA1(), "2": SHA256()}  # noqa: S303  # SNS signs so unless a topic asks for version 2
)
_SEPARATOR = re.compile(r"[\s,]+")

_NO_TOPIC: Final = fetch_failed(
    "the channel's account names no topic of SNS: set it to the topic's ARN"
)
_OTHER_TOPIC: Final = NotFetched(
    error_class="wrong_topic",
    detail="it was published to a topic that the channel's account does not name",
    is_for_good=True,
)
_NOT_READ: Final = fetch_failed("the provider's answer is no certificate")


def not_signed(detail: str) -> NotFetched:
    """Say what is wrong with a signature; no later attempt makes it right."""
    return NotFetched(error_class="bad_signature", detail=detail, is_for_good=True)


def topics_in(account: str | None) -> list[Topic]:
    """List the topics that a channel's account names."""
    written = _SEPARATOR.split(account or "")
    return [topic for arn in written if (topic := topic_of(arn)) is not None]


def check_origin(envelope: Envelope, account: str | None) -> Topic | NotFetched:
    """Find the topic of a message, or say why nobody need be asked for its certificate."""
    allowed = topics_in(account)
    if not allowed:
        return _NO_TOPIC
    topic = next((each for each in allowed if each.arn == envelope.TopicArn), None)
    if topic is None:
        return _OTHER_TOPIC
    if envelope.SignatureVersion not in _DIGESTS:
        return not_signed("SignatureVersion must be 1 or 2")
    if not _is_certificate_url(envelope.SigningCertURL or "", topic):
        return not_signed("SigningCertURL must be at the host of SNS in the topic's region")
    return topic


def check_signature(envelope: Envelope, certificate: bytes) -> NotFetched | None:
    """Check the signature by the certificate that was fetched; None says that it is right."""
    # Imported when something is checked: the web never does, and it takes as long as all of ours.
    from cryptography.x509 import load_pem_x509_certificate

    try:
        key = load_pem_x509_certificate(certificate).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return _NOT_READ
    if not isinstance(key, RSAPublicKey):
        return _NOT_READ
    try:
        signature = b64decode((envelope.Signature or "").encode("ascii"), validate=True)
        key.verify(
            signature, signed_text(envelope), PKCS1v15(), _DIGESTS[envelope.SignatureVersion]
        )
    except (InvalidSignature, ValueError, KeyError, Unreadable):
        return not_signed("the signature of SNS does not match")
    return None


def _is_certificate_url(url: str, topic: Topic) -> bool:
    """Compare all of the URL: no other port, no user, no query, no further folder."""
    host = re.escape(topic.host("sns"))
    return (
        re.fullmatch(rf"https://{host}/SimpleNotificationService-[0-9a-f]+\.pem", url) is not None
    )

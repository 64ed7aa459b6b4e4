"""What SNS posts for SES, signed by keys of the tests.

Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html (envelopes),
https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-examples.html (mails),
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html (events).
"""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding

TOPIC = "arn:aws:sns:us-west-2:123456789012:inlet"
SNS_ID = "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324"
CERTIFICATE_URL = "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem"
MAIL_ID = "d6iitobk75ur44p8kdnnp7g2n800"
SENT_ID = "EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000"
_PASS = {"status": "PASS"}
RECEIVED: dict[str, Any] = {
    "notificationType": "Received",
    "receipt": {
        "timestamp": "2015-09-11T20:32:33.936Z",
        "processingTimeMillis": 222,
        "recipients": ["help@example.com", "forwarded@example.net"],
        "spamVerdict": {"status": "GRAY"},
        "virusVerdict": _PASS,
        "spfVerdict": {"status": "PROCESSING_FAILED"},
        "dkimVerdict": _PASS,
        "action": {"type": "SNS", "topicArn": TOPIC, "encoding": "BASE64"},
    },
    "mail": {
        "timestamp": "2015-09-11T20:32:33.936Z",
        "source": "bounces@example.org",
        "messageId": MAIL_ID,
        "destination": ["help@example.com"],
        "headersTruncated": False,
        "headers": [{"name": "Return-Path", "value": "<bounces@example.org>"}],
        "commonHeaders": {"subject": "Order", "messageId": "<1@example.org>"},
    },
}
BOUNCED: dict[str, Any] = {
    "eventType": "Bounce",
    "bounce": {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [
            {"emailAddress": "ann@example.com", "action": "failed", "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 user unknown"},
            {"emailAddress": "ben@example.org"},
        ],
        "timestamp": "2017-08-05T00:41:02.669Z",
        "feedbackId": "01000157c44f053b-61b59c11-9236-11e6-8f96-7be8aexample-000000",
        "reportingMTA": "dsn; mta.example.com",
    },
    "mail": {
        "timestamp": "2017-08-05T00:40:02.012Z",
        "source": "help@example.com",
        "messageId": SENT_ID,
        "destination": ["ann@example.com", "ben@example.org"],
        "tags": {"ses:configuration-set": ["ConfigSet"]},
    },
}  # fmt: skip
S3_ACTION = {
    "type": "S3", "topicArn": TOPIC, "bucketName": "my.S3.bucket".lower(), "objectKey": "email",
}  # fmt: skip


def received(action: dict[str, Any] | None = None, **changes: object) -> dict[str, Any]:
    """Write what tells of a mail that came in."""
    receipt = RECEIVED["receipt"] | ({"action": action} if action else {})
    return RECEIVED | {"receipt": receipt} | changes


def envelope(message: object, **changes: object) -> dict[str, Any]:
    """Write the envelope of a message, rightly signed as it is then, but for what is None."""
    fields: dict[str, Any] = {
        "Type": "Notification",
        "MessageId": SNS_ID,
        "TopicArn": TOPIC,
        "Subject": "Amazon SES Email Receipt Notification",
        "Message": message if isinstance(message, str) else msgspec.json.encode(message).decode(),
        "Timestamp": "2015-09-11T20:32:34.000Z",
        "SignatureVersion": "1",
        "SigningCertURL": CERTIFICATE_URL,
    }
    return sign({name: value for name, value in (fields | changes).items() if value is not None})


def subscription(**changes: object) -> dict[str, Any]:
    """Write the envelope that asks to confirm a subscription."""
    fields: dict[str, Any] = {
        "Type": "SubscriptionConfirmation",
        "Subject": None,
        "Token": "2336412f37fb687f5d51e6e2425e90ea",
        "SubscribeURL": f"https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37fb687f5d51e6e2425e90ea",
    }
    return envelope(f"You have chosen to subscribe to the topic {TOPIC}.", **(fields | changes))


def sign(fields: dict[str, Any], owner: str = "amazon") -> dict[str, Any]:
    """Sign an envelope by the key of `owner`."""
    names = (
        ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
        if fields["Type"] == "Notification"
        else ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
    )
    text = "".join(f"{name}\n{fields[name]}\n" for name in names if name in fields)
    digest = SHA256() if fields.get("SignatureVersion") == "2" else SHA1()  # noqa: S303
    signature = _key(owner).sign(text.encode(), PKCS1v15(), digest)
    return fields | {"Signature": b64encode(signature).decode()}


@cache
def certificate(owner: str = "amazon") -> bytes:
    """Return the certificate of a key."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    begin = datetime(2015, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(_key(owner).public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=3650))
        .sign(_key(owner), SHA256())
    )
    return made.public_bytes(Encoding.PEM)


@cache
def _key(owner: str) -> RSAPrivateKey:
    assert owner
    return generate_private_key(public_exponent=65537, key_size=2048)

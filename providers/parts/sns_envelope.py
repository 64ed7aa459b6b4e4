"""The envelope in which SNS posts a message, and what of it is signed.

{"Type": "Notification", "MessageId": "22b80b92-...", "TopicArn": "arn:aws:sns:us-west-2:...",
 "Subject": ..., "Message": "...", "Timestamp": "2012-05-02T00:54:06.655Z", "SignatureVersion": "1",
 "Signature": "EXAMPLEw6JRN...", "SigningCertURL": "https://sns.us-west-2.amazonaws.com/..."}
A SubscriptionConfirmation has a `Token`, too. The Content-Type is text/plain.
Source: https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
Source: https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
"""

import re
from dataclasses import dataclass
from typing import Final

import msgspec

from domain.errors import Unreadable
from domain.message_parts import first_id
from domain.tolerant_json import decode_or, decode_tolerantly
from providers.parts.aws_request import REGION

NOTIFICATION: Final = "Notification"
SUBSCRIPTION: Final = "SubscriptionConfirmation"
UNSUBSCRIPTION: Final = "UnsubscribeConfirmation"

_TYPES: Final = (NOTIFICATION, SUBSCRIPTION, UNSUBSCRIPTION)
_TOPIC = re.compile(
    rf"arn:(aws|aws-cn|aws-us-gov):sns:({REGION}):[0-9]{{12}}:[A-Za-z0-9_-]{{1,256}}"
)


class Envelope(msgspec.Struct, gc=False):
    """What surrounds a message."""

    Type: str | None = None
    MessageId: str | None = None
    TopicArn: str | None = None
    Subject: str | None = None
    Message: str | None = None
    Timestamp: str | None = None
    SignatureVersion: str | None = None
    Signature: str | None = None
    SigningCertURL: str | None = None
    SubscribeURL: str | None = None
    Token: str | None = None

    @property
    def identity(self) -> str:
        """The id of the message, the same whenever it is posted again. Raises: Unreadable."""
        return first_id((self.MessageId,), "MessageId")


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic of SNS, and where it lies."""

    arn: str
    region: str
    domain: str

    def host(self, service: str) -> str:
        """Name the host of a service in the region of the topic."""
        return f"{service}.{self.region}.{self.domain}"


class _Raw(msgspec.Struct, gc=False):
    Type: object = None
    mail: object = None


_ENVELOPE = msgspec.json.Decoder(Envelope)
_RAW = msgspec.json.Decoder(_Raw)


def is_raw(body: bytes) -> bool:
    """Say whether a message of SES came without its envelope, by raw message delivery.

    Source: https://docs.aws.amazon.com/sns/latest/dg/sns-large-payload-raw-message-delivery.html
    """
    found = decode_or(body, _RAW, _Raw())
    return found.Type is None and found.mail is not None


def read_envelope(body: bytes) -> Envelope:
    """Read what was posted.

    Raises: Unreadable.
    """
    envelope = decode_tolerantly(body, _ENVELOPE)
    if envelope.Type not in _TYPES:
        raise Unreadable("Type must be that of a message of SNS")
    return envelope


def signed_text(envelope: Envelope) -> bytes:
    """Write what SNS signs: names in their order and values, each on a line.

    A Subject that is not there is left out. Raises: Unreadable where another value is missing.
    """
    values = {
        "Message": envelope.Message,
        "MessageId": envelope.MessageId,
        "Timestamp": envelope.Timestamp,
        "TopicArn": envelope.TopicArn,
        "Type": envelope.Type,
    }
    if envelope.Type != NOTIFICATION:
        values |= {"SubscribeURL": envelope.SubscribeURL, "Token": envelope.Token}
    elif envelope.Subject is not None:
        values["Subject"] = envelope.Subject
    lines: list[str] = []
    for name in sorted(values):
        value = values[name]
        if value is None:
            raise Unreadable(f"{name} must be text")
        lines += (name, value)
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")


def topic_of(arn: str) -> Topic | None:
    """Read the ARN of a topic; None where it is none."""
    found = _TOPIC.fullmatch(arn)
    if found is None:
        return None
    domain = "amazonaws.com.cn" if found[1] == "aws-cn" else "amazonaws.com"
    return Topic(arn=arn, region=found[2], domain=domain)

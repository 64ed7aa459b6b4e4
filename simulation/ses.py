"""Plays SES and SNS: the notifications that are posted, the mails that lie in a bucket, its API.

Source: https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-examples.html
Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

import msgspec

from domain.channel import Channel
from domain.delivery import Delivery
from domain.fetching_provider import FetchAnswer
from domain.message import DeliveryReceipt, InboundMessage, ReceiptStatus
from domain.message_id import parse_message_ids
from domain.timestamp import write_timestamp
from simulation.played import PostedSend, SendAnswer, TakenMessage, recipient_of
from simulation.raw_mail import raw_mail
from simulation.sns import CERTIFICATE_URL, TOPIC, certificate, envelope_of, notification

NAME: Final = "ses"
KEEPS: Final[Literal["mails"]] = "mails"
SEND_PATH: Final = "/ses/{place}/v2/email/outbound-emails"
# What is reported is signed by a key of Amazon's: nobody could check what is played.
RECEIPT_WORDS: Final[Mapping[ReceiptStatus, str]] = MappingProxyType({})

_BUCKET = "inlet-mail"
_GREETING = "Successfully validated SNS topic for Amazon SES event publishing."
_SIGNED = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/]+)/[0-9]{8}/[a-z0-9-]+/ses/aws4_request,.*")
_PASS: Final = {"status": "PASS"}
_Fields = dict[str, object]


class _Written(msgspec.Struct):
    Name: str
    Value: str


class _Data(msgspec.Struct):
    Data: str


class _Simple(msgspec.Struct):
    Subject: _Data
    Headers: list[_Written] = []


class _Content(msgspec.Struct):
    Simple: _Simple


class _Destination(msgspec.Struct):
    ToAddresses: list[str]


class _Posted(msgspec.Struct):
    FromEmailAddress: str
    Destination: _Destination
    Content: _Content
    ReplyToAddresses: list[str] = []


def compose(message: InboundMessage, channel: Channel, url: str, now: datetime) -> Delivery:
    """Write the notification of a mail that lies in a bucket."""
    told: _Fields = {
        "notificationType": "Received",
        "mail": {
            "timestamp": write_timestamp(now),
            "source": "bounces@example.com",
            "messageId": message.provider_message_id,
            "destination": [channel.own_address],
        },
        "receipt": {
            "timestamp": write_timestamp(now),
            "processingTimeMillis": 222,
            "recipients": [channel.own_address],
            "spamVerdict": _PASS,
            "virusVerdict": _PASS,
            "spfVerdict": _PASS,
            "dkimVerdict": _PASS,
            "dmarcVerdict": _PASS,
            "action": {
                "type": "S3",
                "topicArn": TOPIC,
                "bucketName": _BUCKET,
                "objectKey": _key_of(message),
            },
        },
    }
    return _delivery(notification(told, now), channel, url, now)


def kept(message: InboundMessage, now: datetime) -> Mapping[str, FetchAnswer]:
    """Write what is answered who asks for the certificate, and for the mail in the bucket."""
    mail = f"https://s3.us-east-1.amazonaws.com/{_BUCKET}/{_key_of(message)}"
    return {
        CERTIFICATE_URL: FetchAnswer(status=200, headers={}, body=certificate()),
        mail: FetchAnswer(status=200, headers={}, body=raw_mail(message, now)),
    }


def compose_greeting(channel: Channel, url: str, now: datetime) -> Delivery:
    """Write what tells a topic that SES may publish at it: nothing is made of that."""
    identity = str(uuid5(NAMESPACE_URL, f"{channel.id}:{now.isoformat()}"))
    return _delivery(envelope_of(_GREETING, identity, now), channel, url, now)


def compose_receipt(
    receipt: DeliveryReceipt, own_address: str, channel: Channel, url: str, now: datetime
) -> Delivery:
    """Write the notification of what became of a mail."""
    kind, _, bounce = receipt.provider_status.partition(" ")
    moment = write_timestamp(receipt.occurred_at or now)
    told: _Fields = {
        "eventType": kind,
        "mail": {
            "timestamp": moment,
            "source": own_address,
            "messageId": receipt.provider_message_id,
            "destination": [recipient_of(receipt)],
        },
        kind.lower(): {"timestamp": moment},
    }
    if bounce:
        told["bounce"] = {
            "timestamp": moment,
            "bounceType": bounce,
            "bounceSubType": receipt.error_code or "General",
            "bouncedRecipients": [{"emailAddress": recipient_of(receipt)}],
        }
    return _delivery(notification(told, now), channel, url, now)


def place_of(channel: Channel) -> str:
    """Name the channel by its id."""
    return channel.id


def take(posted: PostedSend, channels: Sequence[Channel]) -> SendAnswer:
    """Take a mail; SES knows no repeated one. The key is told by its id alone."""
    channel = next((candidate for candidate in channels if candidate.id == posted.place), None)
    signed = _SIGNED.fullmatch(posted.headers.get("authorization", ""))
    if channel is None or signed is None or signed[1] != _key_id(channel):
        return _error(403, "The security token included in the request is invalid.")
    try:
        mail = msgspec.json.decode(posted.body, type=_Posted)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _error(400, "The request is not valid.")
    if mail.FromEmailAddress not in channel.own_addresses:
        return _error(400, "Email address is not verified.")
    headers = {each.Name: each.Value for each in mail.Content.Simple.Headers}
    count = f"{posted.place}:{posted.count}:{posted.received_at.isoformat()}"
    identity = f"{uuid5(NAMESPACE_URL, count)}-000000"
    wire = f"{identity}@email.amazonses.com"
    return SendAnswer(
        status=200,
        fields={"MessageId": identity},
        taken=TakenMessage(
            channel=channel,
            own_address=mail.FromEmailAddress,
            provider_message_id=identity,
            to=tuple(mail.Destination.ToAddresses),
            subject=mail.Content.Simple.Subject.Data,
            references=(*parse_message_ids(headers.get("References", "")), wire),
            reply_to=next(iter(mail.ReplyToAddresses), None),
        ),
    )


def _key_of(message: InboundMessage) -> str:
    return f"mail/{uuid5(NAMESPACE_URL, message.provider_message_id).hex}"


def _delivery(body: bytes, channel: Channel, url: str, now: datetime) -> Delivery:
    headers = {
        "content-type": "text/plain; charset=UTF-8",
        "user-agent": "Amazon Simple Notification Service Agent",
        "x-amz-sns-message-type": "Notification",
        "x-amz-sns-topic-arn": TOPIC,
    }
    if channel.secrets:
        url = f"{url}?password={quote(channel.secrets[0].strip(), safe='')}"
    return Delivery(method="POST", url=url, headers=headers, body=body, received_at=now)


def _key_id(channel: Channel) -> str:
    return (channel.credential or "").partition(":")[0].strip()


def _error(status: int, message: str) -> SendAnswer:
    return SendAnswer(status=status, fields={"message": message})

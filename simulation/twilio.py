"""Plays Twilio: the forms it posts, and the resource that messages are created at.

Source: https://www.twilio.com/docs/messaging/guides/webhook-request
Source: https://www.twilio.com/docs/messaging/api/message-resource
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qs, urlencode

from domain.basic_auth import basic_credentials
from domain.channel import Channel
from domain.delivery import Delivery
from domain.form import FORM, Fields
from domain.message import DeliveryReceipt, InboundMessage, MessageShape, ReceiptStatus
from domain.signature import is_same
from domain.signed_form import signed_form
from providers.parts.twilio_signature import is_shared_key, sign
from simulation.played import PostedSend, SendAnswer, TakenMessage

NAME: Final = "twilio"
SEND_PATH: Final = "/2010-04-01/Accounts/{place}/Messages.json"
RECEIPT_WORDS: Final[Mapping[ReceiptStatus, str]] = MappingProxyType(
    {"sent": "sent", "delivered": "delivered", "failed": "undelivered"}
)

_ID_LENGTH = 32
_TYPES: Mapping[MessageShape | None, str] = {"choice": "interactive", "reaction": "reaction"}
_SETTINGS = "key=webhooks_sharedkey_0,algorithm=HMAC_SHA256"


def compose(message: InboundMessage, channel: Channel, url: str, now: datetime) -> Delivery:
    """Write the form that Twilio would post for `message`."""
    sid = message.provider_message_id
    to = next((recipient.address for recipient in message.recipients), channel.own_address)
    fields = [
        ("MessageSid", sid),
        ("SmsSid", sid),
        ("SmsMessageSid", sid),
        ("AccountSid", "AC" + "0" * 32),
        ("From", message.sender),
        ("To", to),
        ("Body", message.body),
        ("NumMedia", str(len(message.attachments))),
        ("NumSegments", "1"),
        ("SmsStatus", "received"),
        ("ApiVersion", "2010-04-01"),
        *_whatsapp_fields(message),
    ]
    for position, attachment in enumerate(message.attachments):
        fields.append((f"MediaUrl{position}", attachment.url or ""))
        if attachment.content_type:
            fields.append((f"MediaContentType{position}", attachment.content_type))
    return _delivery(fields, channel, url, now)


def _whatsapp_fields(message: InboundMessage) -> list[tuple[str, str]]:
    if message.kind != "whatsapp":
        return []
    fields = [
        ("MessageType", _TYPES.get(message.shape, "text")),
        ("ProfileName", message.sender_name or ""),
        ("OriginalRepliedMessageSid", message.quoted_id or ""),
        ("ButtonText", message.body if message.shape == "choice" else ""),
    ]
    return [(name, value) for name, value in fields if value]


def compose_receipt(
    receipt: DeliveryReceipt, own_address: str, channel: Channel, url: str, now: datetime
) -> Delivery:
    """Write the status callback that Twilio would post."""
    fields = [
        ("MessageSid", receipt.provider_message_id),
        ("SmsSid", receipt.provider_message_id),
        ("AccountSid", channel.account or "AC" + "0" * 32),
        ("From", own_address),
        ("MessageStatus", receipt.provider_status),
        ("SmsStatus", receipt.provider_status),
        ("ApiVersion", "2010-04-01"),
    ]
    if receipt.error_code:
        fields.append(("ErrorCode", receipt.error_code))
    return _delivery(fields, channel, url, now)


def place_of(channel: Channel) -> str:
    """Name the channel by its account."""
    return str(channel.account)


def take(posted: PostedSend, channels: Sequence[Channel]) -> SendAnswer:
    """Create a Message for a number of the account; Twilio knows no repeated one."""
    form = parse_qs(posted.body.decode("utf-8", "replace"))
    sender = form.get("From", [""])[0]
    mine = [channel for channel in channels if channel.account == posted.place]
    if not any(_is_let_in(posted, candidate) for candidate in mine):
        return _error(401, 20003, "Authenticate")
    channel = next((candidate for candidate in mine if sender in candidate.own_addresses), None)
    if channel is None or not form.get("To") or not form.get("Body"):
        return _error(400, 21211 if channel else 21606, "Bad request")
    identity = "SM" + format(posted.count, f"0{_ID_LENGTH - 12}x") + _stamp(posted.received_at)
    return SendAnswer(
        status=201,
        fields={"sid": identity, "status": "queued", "error_code": None},
        taken=TakenMessage(
            channel=channel,
            own_address=sender,
            provider_message_id=identity,
            to=tuple(form["To"]),
        ),
    )


def _delivery(fields: Fields, channel: Channel, url: str, now: datetime) -> Delivery:
    headers = {"content-type": f"{FORM}; charset=UTF-8"}
    if channel.secrets:
        secret = channel.secrets[0].strip().encode()
        headers["x-twilio-signature"] = sign(secret, signed_form(url, fields))
        if is_shared_key(secret):
            headers["x-twilio-webhooks-signature-settings"] = _SETTINGS
    body = urlencode(fields).encode()
    return Delivery(method="POST", url=url, headers=headers, body=body, received_at=now)


def _is_let_in(posted: PostedSend, channel: Channel) -> bool:
    given = posted.headers.get("authorization", "")
    expected = basic_credentials(str(channel.account), channel.credential or "")
    return channel.credential is not None and is_same(given, expected)


def _stamp(now: datetime) -> str:
    """Write the time as twelve hexadecimal digits, so that two runs give no id twice."""
    return format(int(now.timestamp() * 1000) & 0xFFFF_FFFF_FFFF, "012x")


def _error(status: int, code: int, message: str) -> SendAnswer:
    fields = {"code": code, "message": message, "more_info": "", "status": status}
    return SendAnswer(status=status, fields=fields)

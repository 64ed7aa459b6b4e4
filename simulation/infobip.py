"""Plays Infobip: the results it posts, and the texts that are sent by it.

Source: https://infobip.com/docs/api/channels/sms/inbound-sms/receive-inbound-sms-messages
Source: https://www.infobip.com/docs/developer-resources/quickstart
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

import msgspec

from domain.channel import Channel
from domain.delivery import Delivery
from domain.message import DeliveryReceipt, InboundMessage, ReceiptStatus
from domain.signature import is_same
from domain.timestamp import write_timestamp
from domain.whatsapp import WHATSAPP
from simulation.played import PostedSend, SendAnswer, TakenMessage

NAME: Final = "infobip"
SEND_PATH: Final = "/infobip/{place}/sms/3/messages"
RECEIPT_WORDS: Final[Mapping[ReceiptStatus, str]] = MappingProxyType(
    {"sent": "DELIVERED_TO_OPERATOR", "delivered": "DELIVERED", "failed": "UNDELIVERABLE"}
)

_INTERNATIONAL = re.compile(r"\+([1-9][0-9]{6,14})")
_NAMES = {
    "DELIVERED": "DELIVERED_TO_HANDSET",
    "UNDELIVERABLE": "UNDELIVERABLE_NOT_DELIVERED",
}
_GROUPS = {"DELIVERED_TO_OPERATOR": "DELIVERED"}
_Fields = dict[str, object]


class _Destination(msgspec.Struct):
    to: str


class _Content(msgspec.Struct):
    text: str


class _Message(msgspec.Struct):
    sender: str
    destinations: list[_Destination]
    content: _Content


class _Posted(msgspec.Struct):
    messages: list[_Message]


def compose(message: InboundMessage, channel: Channel, url: str, now: datetime) -> Delivery:
    """Write the results that Infobip would post for `message`."""
    to = next((each.address for each in message.recipients), channel.own_address)
    result: _Fields = {
        "messageId": message.provider_message_id,
        "from": _without_plus(message.sender.removeprefix(WHATSAPP)),
        "to": _without_plus(to),
        "receivedAt": write_timestamp(message.sent_at or now).replace("Z", "+0000"),
        "price": {"pricePerMessage": 0, "currency": "EUR"},
    }
    if message.kind == "whatsapp":
        result |= _by_whatsapp(message)
    elif message.attachments:
        result["message"] = [
            *({"contentType": file.content_type, "url": file.url} for file in message.attachments),
            {"contentType": "text/plain", "value": message.body},
        ]
    else:
        result |= {"text": message.body, "cleanText": message.body, "keyword": "", "smsCount": 1}
    counts = {"messageCount": 1, "pendingMessageCount": 0}
    return _delivery({"results": [result], **counts}, channel, url, now)


def _by_whatsapp(message: InboundMessage) -> _Fields:
    fields: _Fields = {"type": "TEXT", "text": message.body}
    if message.attachments:
        fields = {"type": "IMAGE", "url": message.attachments[0].url, "caption": message.body}
    elif message.shape == "choice":
        fields = {"type": "INTERACTIVE_BUTTON_REPLY", "id": "1", "title": message.body}
    elif message.shape == "reaction":
        fields = {"type": "REACTION", "emoji": message.body, "action": "ADDED"}
    if message.quoted_id:
        fields["context"] = {"id": message.quoted_id}
    named: _Fields = {"contact": {"name": message.sender_name}} if message.sender_name else {}
    return {"integrationType": "WHATSAPP", "message": fields, **named}


def compose_receipt(
    receipt: DeliveryReceipt, own_address: str, channel: Channel, url: str, now: datetime
) -> Delivery:
    """Write the results that report what became of a message."""
    word = receipt.provider_status
    moment = write_timestamp(receipt.occurred_at or now).replace("Z", "+0000")
    result: _Fields = {
        "bulkId": "2034072219640523072",
        "messageId": receipt.provider_message_id,
        "to": _without_plus(next(iter(receipt.recipients), "+15550100")),
        "sender": _without_plus(own_address),
        "sentAt": moment,
        "doneAt": moment,
        "messageCount": 1,
        "status": _status(_GROUPS.get(word, word), _NAMES.get(word, word)),
        "error": _status("OK", "NO_ERROR")
        if receipt.error_code is None
        else _status("HANDSET_ERRORS", receipt.error_code),
    }
    return _delivery({"results": [result]}, channel, url, now)


def place_of(channel: Channel) -> str:
    """Name the channel by its id."""
    return channel.id


def take(posted: PostedSend, channels: Sequence[Channel]) -> SendAnswer:
    """Take a text to a number."""
    channel = next((candidate for candidate in channels if candidate.id == posted.place), None)
    if channel is None or not _is_let_in(posted, channel):
        return _error(401, "UNAUTHORIZED")
    try:
        [message] = msgspec.json.decode(posted.body, type=_Posted).messages
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError):
        return _error(400, "BAD_REQUEST")
    known = {_without_plus(own): own for own in channel.own_addresses}
    own_address = known.get(message.sender)
    identity = f"{int(posted.received_at.timestamp() * 1000)}{posted.count:09}"
    if own_address is None:
        return _answer(identity, _status("REJECTED", "REJECTED_SOURCE"), None)
    taken = TakenMessage(
        channel=channel,
        own_address=own_address,
        provider_message_id=identity,
        to=tuple(f"+{destination.to}" for destination in message.destinations),
    )
    return _answer(identity, _status("PENDING", "PENDING_ACCEPTED"), taken)


def _delivery(fields: _Fields, channel: Channel, url: str, now: datetime) -> Delivery:
    if channel.secrets:
        url = f"{url}?password={quote(channel.secrets[0].strip(), safe='')}"
    headers = {"content-type": "application/json", "user-agent": "Infobip"}
    body = msgspec.json.encode(fields)
    return Delivery(method="POST", url=url, headers=headers, body=body, received_at=now)


def _answer(identity: str, status: Mapping[str, str], taken: TakenMessage | None) -> SendAnswer:
    fields = {"bulkId": identity, "messages": [{"messageId": identity, "status": status}]}
    return SendAnswer(status=200, fields=fields, taken=taken)


def _status(group: str, name: str) -> dict[str, str]:
    return {"groupName": group, "name": name, "description": ""}


def _without_plus(written: str) -> str:
    found = _INTERNATIONAL.fullmatch(written)
    return found[1] if found else written


def _is_let_in(posted: PostedSend, channel: Channel) -> bool:
    given = posted.headers.get("authorization", "")
    return channel.credential is not None and is_same(given, f"App {channel.credential}")


def _error(status: int, code: str) -> SendAnswer:
    exception = {"messageId": code, "text": "no"}
    return SendAnswer(status=status, fields={"requestError": {"serviceException": exception}})

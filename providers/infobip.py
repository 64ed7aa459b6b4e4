"""Infobip: SMS, MMS and WhatsApp, and what became of messages, as lists of results in JSON.

{"results": [{"messageId": "817790313235066447", "from": "385916242493", "to": "385921004026",
 "text": "QUIZ Paris", "cleanText": "Paris", "keyword": "QUIZ", "receivedAt":
 "2016-10-06T09:28:39.220+0000", ...}], "messageCount": 1, "pendingMessageCount": 0}
Source: https://infobip.com/docs/api/channels/sms/inbound-sms/receive-inbound-sms-messages
{"results": [{"messageId": ..., "to": ..., "doneAt": ..., "status": {"groupName": "DELIVERED",
 "name": "DELIVERED_TO_HANDSET", ...}, "error": {"groupName": "OK", "name": "NO_ERROR", ...}}]}
Source: https://infobip.com/docs/api/channels/sms/sms-messaging/logs-and-status-reports/receive-outbound-sms-message-report

Nothing that can be checked is signed: the webhook URL has a password. Sending is {"messages":
[{"sender": ..., "destinations": [{"to": ...}], "content": {"text": ...}}]} with an API key,
answered {"messages": [{"messageId": ..., "status": {...}}]}.
Source: https://www.infobip.com/docs/developer-resources/quickstart
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from secrets import token_urlsafe
from typing import Final
from urllib.parse import quote

import msgspec

from domain.basic_auth import password_content
from domain.channel import Channel, ChannelKind
from domain.delivery import Delivery, Reply
from domain.errors import Unreadable
from domain.event import ClaimedEvent, InboundEvent, message_event, receipt_event, unreadable_event
from domain.media_provider import MediaCredential
from domain.message import Reading
from domain.message_parts import first_id, receipt_of
from domain.outbound import Failed, OutboundMessage, SendOutcome, SendRequest, fit_code, sent_as
from domain.phone import with_plus
from domain.provider import ReadingContext
from domain.sent_mail import json_request
from domain.signature import SignedContent
from domain.text import clean_text
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_or, decode_tolerantly, split_field
from domain.whatsapp import WHATSAPP, is_whatsapp
from providers.parts.infobip_message import Element, Status, read_message
from providers.parts.infobip_words import NAMED, SEEN, STATUS, WORDS, WORDS_OF_RECEIPTS

NAME: Final = "infobip"
CHANNEL_KINDS: Final[frozenset[ChannelKind]] = frozenset({"sms"})
SUCCESS: Final = Reply(status=200, content_type="application/json", body=b"{}")
SECRET_IS_CREDENTIAL: Final = False
RECEIPT_WORDS: Final = WORDS_OF_RECEIPTS
LONGEST_TEXT: Final = 1_600  # 25 parts, which have 67 characters each where they are not Latin
MOST_FILE_BYTES: Final = 0  # it fetches media from where they are kept
MEDIA_HOSTS: Final = re.compile(r"[a-z0-9-]+\.api\.infobip\.com")

_MOST_ELEMENTS = 1_000  # 100 unless the account has it otherwise, of receipts; of messages no page
_NO_ERROR = "NO_ERROR"


class _ServiceException(msgspec.Struct, gc=False):
    messageId: str | None = None


class _RequestError(msgspec.Struct, gc=False):
    serviceException: _ServiceException = msgspec.field(default_factory=_ServiceException)


class _Taken(msgspec.Struct, gc=False):
    messageId: str | None = None
    status: Status = msgspec.field(default_factory=Status)


class _Answer(_Taken, gc=False):
    """Of an SMS the list, of WhatsApp the message alone; errors are of two kinds."""

    messages: list[_Taken] = []
    errorCode: str | None = None
    requestError: _RequestError = msgspec.field(default_factory=_RequestError)


_ELEMENT = msgspec.json.Decoder(Element)
_ANSWER = msgspec.json.Decoder(_Answer)


def new_secret() -> str | None:
    """Make the password of the webhook URL."""
    return token_urlsafe()


def signed(delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
    """Say which password came, in the query or as a header: nothing that is known is signed."""
    return password_content(delivery, secrets, in_query=True)


def split(delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
    """Take the messages or receipts out of the results; an odd one is kept as unreadable.

    Raises: Unreadable where there are no results.
    """
    elements = split_field(delivery.body, "results")
    if len(elements) > _MOST_ELEMENTS:
        raise Unreadable("results must not be more than a provider posts at a time")
    return [_event_of(element) for element in elements]


def answer(delivery: Delivery, events: Sequence[InboundEvent]) -> Reply:
    """Answer 200, which the provider's page asks for."""
    return SUCCESS


def read(event: ClaimedEvent, context: ReadingContext) -> Reading:
    """Read the message or the receipt.

    Raises: Unreadable.
    """
    element = decode_tolerantly(event.body, _ELEMENT)
    identity = first_id((element.messageId,), "messageId")
    if element.seenAt is not None:
        moment = parse_timestamp(element.seenAt)
        return receipt_of(identity, SEEN, STATUS, occurred_at=moment)
    if element.status is None:
        return read_message(element, identity, context)
    word = _word(element.status)
    return receipt_of(
        identity,
        word,
        STATUS,
        error_code=_code(element) if STATUS.get(word.lower()) == "failed" else None,
        occurred_at=parse_timestamp(element.doneAt),
        recipients=(with_plus(element.to or ""),),
    )


def obstacle(channel: Channel, *, has_credential: bool, recipients: int) -> str | None:
    """Sending needs the host of the account and an API key; a text goes to one number."""
    if not channel.account:
        return "it has no account: set its base URL, as abc123.api.infobip.com"
    if not has_credential:
        return "it has no credential: an Infobip API key"
    return "Infobip sends to one number at a time" if recipients != 1 else None


def compose_send(message: OutboundMessage, channel: Channel, now: datetime) -> SendRequest:
    """Write the JSON that sends a text; who wrote by WhatsApp is answered there.

    Receipts are to be posted with the password. Infobip could be given an id of ours, and refuse
    the same one again; but then a text that it refused could not be tried again, either.
    """
    recipient = message.to[0]
    sender, to = message.own_address.removeprefix("+"), recipient.removeprefix("+")
    text, report = {"text": message.body}, _report_url(message, channel)
    posted: dict[str, object]
    if is_whatsapp(recipient):
        path, to = "/whatsapp/1/message/text", recipient.removeprefix(WHATSAPP).removeprefix("+")
        posted = {"from": sender, "to": to, "content": text, "notifyUrl": report}
    else:
        path = "/sms/3/messages"
        webhooks = {"delivery": {"url": report}, "contentType": "application/json"}
        fields = {"sender": sender, "destinations": [{"to": to}], "content": text}
        posted = {"messages": [{**fields, "webhooks": webhooks}]}
    host = (channel.account or "").strip().removeprefix("https://").rstrip("/")
    headers = {"authorization": _key(channel)}
    return json_request(channel.send_url or f"https://{host}{path}", headers, posted)


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> SendOutcome:
    """Read what became of the message so far, or the error."""
    answer = decode_or(body, _ANSWER, _Answer())
    if not 200 <= status < 300:
        code = answer.errorCode or answer.requestError.serviceException.messageId
        return WORDS.refused(status, headers, fit_code(code))
    taken = answer.messages[0] if answer.messages else answer
    name = fit_code(taken.status.name)
    if STATUS.get(_word(taken.status).lower()) == "failed":
        return Failed(code=name or "failed", reason=explain(name))
    return sent_as(taken.messageId)


def media_credential(channel: Channel) -> MediaCredential | None:
    """Show the API key, as with every request to a host of the API.

    Source: ReceiveWhatsAppMessageApi of infobip/infobip-api-java-client
    """
    return MediaCredential(headers={"authorization": _key(channel)}) if channel.credential else None


def explain(error_code: str | None) -> str:
    """Say what a status or an error means where Infobip's pages do, or name it."""
    return WORDS.explain(error_code)


def _key(channel: Channel) -> str:
    return f"App {(channel.credential or '').strip()}"


def _event_of(element: bytes) -> InboundEvent:
    try:
        found = decode_tolerantly(element, _ELEMENT)
        identity = first_id((found.messageId,), "messageId")
        if found.seenAt is not None:
            return receipt_event(identity, SEEN, element)
        if found.status is None:
            return message_event(identity, element)
        return receipt_event(identity, _word(found.status), element)
    except Unreadable:
        return unreadable_event(element)


def _word(status: Status) -> str:
    """Say what became of a message: the group, or the name where that says another thing."""
    name = clean_text(status.name or "").strip()
    group = clean_text(status.groupName or "").strip()
    return name if name.lower() in NAMED else group or name or "unknown"


def _code(element: Element) -> str | None:
    """Return why a message failed: the error's name if there was an error, or the status's."""
    error = element.error.name if element.error else None
    status = element.status.name if element.status else None
    return fit_code(error if error and error != _NO_ERROR else status)


def _report_url(message: OutboundMessage, channel: Channel) -> str:
    """Write where receipts go to: whoever posts there has to show the password."""
    if not channel.secrets:
        return message.status_callback
    return f"{message.status_callback}?password={quote(channel.secrets[0].strip(), safe='')}"

"""Twilio: SMS and MMS as a form, by POST or as the query of a GET, one message or status each.

ToCountry=US&MessageSid=SM...&AccountSid=AC...&From=%2B14155550100&To=%2B14155550199&Body=Hello
&NumMedia=1&MediaUrl0=https%3A%2F%2Fapi.twilio.com%2F...&MediaContentType0=image%2Fpng

Source: https://www.twilio.com/docs/messaging/guides/webhook-request
Source: https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security
"""

import hmac
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qsl, urlencode

from domain.channel import Channel, ChannelKind
from domain.delivery import AUTHENTIC, Delivery, Reply, Verdict
from domain.errors import Unreadable
from domain.event import ClaimedEvent, InboundEvent, fit_id, message_event, receipt_event
from domain.message import (
    Attachment,
    DeliveryReceipt,
    InboundMessage,
    Reading,
    ReceiptStatus,
    Recipient,
)
from domain.provider import ReadingContext
from domain.signature import is_same, refused
from domain.text import clean_text

NAME: Final = "twilio"
CHANNEL_KINDS: Final[frozenset[ChannelKind]] = frozenset({"sms"})
SUCCESS: Final = Reply(
    status=200,
    content_type="text/xml",
    body=b'<?xml version="1.0" encoding="UTF-8"?><Response/>',
)

_FORM = "application/x-www-form-urlencoded"
_LONGEST_FORM = (
    256 * 1024
)  # a text has at most 1,600 characters; decoding is slow, and in the request
_MOST_FIELDS = 1_000
_MOST_MEDIA = 50
_MEDIA_URL = re.compile(r"MediaUrl(0|[1-9][0-9]{0,3})")
_ORIGIN = re.compile(r"(https?)://([^/?#]*)", re.IGNORECASE)
_PORT = re.compile(r":[0-9]*\Z")
_DEFAULT_PORTS = MappingProxyType({"http": "80", "https": "443"})
_BODY_HASH = re.compile(r"[?&]bodySHA256=([0-9a-fA-F]{64})(?=[&#]|\Z)")
_STATUS: Mapping[str, ReceiptStatus] = MappingProxyType(
    {
        "accepted": "queued",
        "scheduled": "queued",
        "queued": "queued",
        "sending": "queued",
        "sent": "sent",
        "delivered": "delivered",
        "read": "read",
        "undelivered": "failed",
        "failed": "failed",
        "canceled": "failed",
    }
)

Fields = Sequence[tuple[str, str]]


def new_secret() -> str | None:
    """Make none: the secret is the account's primary auth token, which Twilio issues."""
    return None


def verify(delivery: Delivery, secrets: Sequence[str], now: datetime) -> Verdict:
    """Check X-Twilio-Signature with SHA-1 and an auth token; never raises, fails closed.

    The scheme has no time in it: a repeated delivery is stopped by its sid alone. Twilio's header
    that names another algorithm is not read, or a caller could choose.
    """
    given = delivery.headers.get("x-twilio-signature")
    if not given:
        return refused("missing_signature")
    tokens = [token for token in (secret.strip() for secret in secrets) if token]
    if not tokens:
        return refused("no_secret")
    try:
        fields = _signed_fields(delivery)
    except Unreadable:
        return refused("unreadable_form")
    if fields is None:
        return refused("body_not_signed")
    expected = [
        _signature(url, fields, token) for url in _spellings(delivery.url) for token in tokens
    ]
    matches = [is_same(given, one) for one in expected]
    return AUTHENTIC if any(matches) else refused("bad_signature")


def split(delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
    """Take the one message or status out of the delivery.

    Raises: Unreadable without a sid.
    """
    body = _form_bytes(delivery)
    form = _first_values(_fields(body))
    sid, status = _sid(form), _receipt_word(form)
    return (receipt_event(sid, status, body) if status else message_event(sid, body),)


def read(event: ClaimedEvent, context: ReadingContext) -> Reading:
    """Read the message or the status.

    Raises: Unreadable.
    """
    form = _first_values(_fields(event.body))
    sid, status = _sid(form), _receipt_word(form)
    if status:
        return _receipt(form, sid, status)
    sender = form.get("From", "")
    if not sender.strip():
        raise Unreadable("From must say who sent the message")
    attachments = _attachments(form)
    if "Body" not in form and not attachments:
        raise Unreadable("Body must be there")
    to = form.get("To") or context.own_address
    return InboundMessage(
        kind="mms" if attachments or sid.startswith("MM") else "sms",
        provider_message_id=sid,
        sender=sender,
        recipients=(Recipient(role="to", address=to),) if to else (),
        body=form.get("Body", ""),
        attachments=attachments,
    )


def compose(message: InboundMessage, channel: Channel, url: str, now: datetime) -> Delivery:
    """Write the form that Twilio would post for `message`."""
    sid = message.provider_message_id
    to = next((one.address for one in message.recipients), channel.own_address)
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
    ]
    for position, attachment in enumerate(message.attachments):
        fields.append((f"MediaUrl{position}", attachment.url))
        if attachment.content_type:
            fields.append((f"MediaContentType{position}", attachment.content_type))
    headers = {"content-type": f"{_FORM}; charset=UTF-8"}
    if channel.secrets:
        headers["x-twilio-signature"] = _signature(url, fields, channel.secrets[0].strip())
    body = urlencode(fields).encode()
    return Delivery(method="POST", url=url, headers=headers, body=body, received_at=now)


def _signed_fields(delivery: Delivery) -> Fields | None:
    """List the fields that the signature covers beside the URL, or None if the body is not covered.

    A GET has all of them in the URL. A body that is no form is covered by its hash in the URL.
    """
    if delivery.method == "GET":
        return ()
    content_type = delivery.content_type.strip().lower()
    if not content_type or content_type.startswith(_FORM):
        return _fields(delivery.body)
    claimed = _BODY_HASH.search(delivery.url)
    if claimed and is_same(claimed[1].lower(), sha256(delivery.body).hexdigest()):
        return ()
    return None


def _signature(url: str, fields: Fields, token: str) -> str:
    """Sign the URL followed by every distinct name and value, in order, without separators."""
    message = url + "".join(name + value for name, value in sorted(set(fields)))
    digest = hmac.digest(_bytes(token), _bytes(message), "sha1")
    return b64encode(digest).decode()


def _spellings(url: str) -> Iterable[str]:
    """Spell the URL with and without its port: Twilio signs either, whatever it was told."""
    origin = _ORIGIN.match(url)
    if not origin:
        return (url,)
    scheme, host, rest = origin[1], origin[2], url[origin.end() :]
    bare = _PORT.sub("", host)
    other = f"{host}:{_DEFAULT_PORTS[scheme.lower()]}" if bare == host else bare
    return (url, f"{scheme}://{other}{rest}")


def _form_bytes(delivery: Delivery) -> bytes:
    if delivery.method != "GET":
        return delivery.body
    query = delivery.url.partition("#")[0].partition("?")[2]
    return _bytes(query)


def _fields(form: bytes) -> Fields:
    if len(form) > _LONGEST_FORM:
        raise Unreadable("form must not be longer than a message can be")
    try:
        return parse_qsl(
            form.decode("utf-8", "replace"),
            keep_blank_values=True,
            errors="replace",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        raise Unreadable("form must not have more fields than a message can have") from None


def _first_values(fields: Fields) -> Mapping[str, str]:
    """Key the fields by name; the first of a repeated one counts, so none can be overridden."""
    return {name: clean_text(value) for name, value in reversed(fields)}


def _sid(form: Mapping[str, str]) -> str:
    for name in ("MessageSid", "SmsSid", "SmsMessageSid"):
        sid = form.get(name, "")
        if sid.strip():
            return fit_id(sid)
    raise Unreadable("MessageSid must be there")


def _receipt_word(form: Mapping[str, str]) -> str | None:
    """Find the status that makes this a receipt; a message is on its way in and says so."""
    status = form.get("MessageStatus", "").strip()
    if status and status.lower() != "received":
        return status
    status = form.get("SmsStatus", "").strip()
    if status and status.lower() not in {"received", "receiving"}:
        return status
    return None


def _receipt(form: Mapping[str, str], sid: str, status: str) -> DeliveryReceipt:
    return DeliveryReceipt(
        provider_message_id=sid,
        status=_STATUS.get(status.lower(), "unknown"),
        provider_status=status,
        error_code=form.get("ErrorCode", "").strip() or None,
    )


def _attachments(form: Mapping[str, str]) -> tuple[Attachment, ...]:
    """List the media that are there, whatever NumMedia counts."""
    found = [int(match[1]) for match in map(_MEDIA_URL.fullmatch, form) if match]
    return tuple(
        Attachment(
            url=form[f"MediaUrl{position}"],
            content_type=form.get(f"MediaContentType{position}") or None,
        )
        for position in sorted(found)[:_MOST_MEDIA]
        if form.get(f"MediaUrl{position}")
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")

"""What Sinch's Conversation API posts, and how a message leaves by it: WhatsApp, SMS and MMS.

{"app_id": ..., "project_id": ..., "accepted_time": ..., "message": {"id": ..., "direction": "TO_APP",
 "contact_message": {"text_message": {"text": "Hi"}, "reply_to": {"message_id": ...}}, "sender_id": ...,
 "channel_identity": {"channel": "WHATSAPP", "identity": "46732001122", "app_id": ...}}}
or media_message {url, filename_override}, media_card_message {url, caption}, location_message {title,
label, coordinates {latitude, longitude}}, choice_response_message {message_id, postback_data},
product_response_message {title, products [{id, quantity, item_price, currency}]}, fallback_message
{"message_delivery_report": {"message_id": ..., "status": "FAILED", "reason": {"code": ...}}, ...}
{"event": {"id": ..., "contact_message_event": {"reaction_event": {emoji, action, message_id}}, ...}}
Source: https://developers.sinch.com/docs/conversation/callbacks/
Source: https://github.com/sinch/sinch-sdk-python (sinch/domains/conversation/models/v1)
Source: https://developers.sinch.com/docs/conversation/api-reference/conversation/messages/ (sending)
"""  # noqa: E501

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

import msgspec

from domain.channel import Channel
from domain.errors import Unreadable
from domain.event import InboundEvent, message_event, receipt_event
from domain.form import form_request
from domain.message import Attachment, DeliveryReceipt, InboundMessage, MessageKind, MessageShape
from domain.message_parts import attachment_of, first_id, receipt_of, recipients_of
from domain.outbound import OutboundMessage, SendRequest, fit_code
from domain.phone import with_plus
from domain.sent_mail import json_request
from domain.shaped_text import (
    OrderedItem,
    choice_text,
    location_text,
    order_text,
    reaction_text,
    unsupported_text,
)
from domain.text import clean_text
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_tolerantly, fields_of, items_of, text_of_field
from domain.whatsapp import WHATSAPP, is_whatsapp
from providers.parts.sinch_words import CONVERSATION_STATUS

_KINDS: Mapping[str, MessageKind] = MappingProxyType(
    {"WHATSAPP": "whatsapp", "SMS": "sms", "MMS": "mms"}
)
_TAKEN_BACK: Final = "REACTION_ACTION_UNREACT"
_TOKEN_URL = "https://auth.sinch.com/oauth2/token"  # noqa: S105  # where one is had
_HOST = "https://us.conversation.api.sinch.com"

Read = tuple[MessageShape | None, str, tuple[Attachment, ...], str | None]


class Posted(msgspec.Struct, gc=False):
    """One of these is there; of all other triggers none is."""

    message: object = None
    message_delivery_report: object = None
    event: object = None
    accepted_time: object = None
    event_time: object = None

    @property
    def reaction(self) -> Mapping[str, object]:
        """A reaction, which is an event and no message."""
        told = fields_of(fields_of(self.event).get("contact_message_event"))
        return fields_of(told.get("reaction_event"))

    @property
    def is_known(self) -> bool:
        return any((self.message, self.message_delivery_report, self.reaction))


_POSTED = msgspec.json.Decoder(Posted)


def posted_in(body: bytes) -> Posted | None:
    """Read what the Conversation API posts; None of what it does not.

    Raises: Unreadable.
    """
    posted = decode_tolerantly(body, _POSTED)
    return posted if posted.is_known else None


def event_of(posted: Posted, body: bytes) -> InboundEvent:
    """Make the event of a message, a reaction or a report.

    Raises: Unreadable without an id.
    """
    report = fields_of(posted.message_delivery_report)
    if report:
        word, code = _word(report), _code(report)
        return receipt_event(_id(report, "message_id"), f"{word}:{code}" if code else word, body)
    return message_event(_id(fields_of(posted.message or posted.event), "id"), body)


def read_posted(posted: Posted, own_address: str) -> InboundMessage | DeliveryReceipt:
    """Read the message, the reaction or the report.

    Raises: Unreadable.
    """
    report = fields_of(posted.message_delivery_report)
    if report:
        return receipt_of(
            _id(report, "message_id"),
            _word(report),
            CONVERSATION_STATUS,
            error_code=_code(report),
            occurred_at=parse_timestamp(posted.event_time or posted.accepted_time),
        )
    return _message(posted, own_address)


def is_conversation(channel: Channel) -> bool:
    """Say whether a channel sends by the Conversation API: its account is a project and an app."""
    return ":" in (channel.account or "")


def conversation_obstacle(*, has_credential: bool, recipients: int) -> str | None:
    """Say what keeps such a channel from sending."""
    if not has_credential:
        return "it has no credential: an access key of its project, as KEY_ID:KEY_SECRET"
    return "the Conversation API sends to one number at a time" if recipients != 1 else None


def conversation_request(message: OutboundMessage, channel: Channel) -> SendRequest:
    """Write the request that sends a text to one recipient, with an access token.

    Of what is attached it has the link: no page says how a text and a file go together.
    """
    project, _, app = (channel.account or "").strip().partition(":")
    by_whatsapp = is_whatsapp(message.to[0])
    identity = message.to[0].strip().removeprefix(WHATSAPP) if by_whatsapp else message.to[0]
    texts = (message.body, *(file.url for file in message.media))
    identities = [{"channel": "WHATSAPP" if by_whatsapp else "SMS", "identity": identity}]
    fields: dict[str, object] = {
        "app_id": app,
        "recipient": {"identified_by": {"channel_identities": identities}},
        "message": {"text_message": {"text": "\n".join(filter(None, texts))}},
        "channel_properties": None if by_whatsapp else {"SMS_SENDER": message.own_address},
    }
    url = f"{_HOST}/v1/projects/{quote(project, safe='')}/messages:send"
    key, _, secret = (channel.credential or "").strip().partition(":")
    token = form_request(_TOKEN_URL, [("grant_type", "client_credentials")], key, secret)
    return replace(json_request(channel.send_url or url, {}, fields), token_request=token)


def _message(posted: Posted, own_address: str) -> InboundMessage:
    message = fields_of(posted.message or posted.event)
    place = fields_of(message.get("channel_identity"))
    kind = _KINDS.get(text_of_field(place.get("channel")) or "")
    if kind is None:
        raise Unreadable("channel_identity must be of WHATSAPP, SMS or MMS")
    identity = with_plus(clean_text(text_of_field(place.get("identity")) or ""))
    if not identity.strip():
        raise Unreadable("channel_identity must say who sent the message")
    shape, body, attachments, quoted_id = _content(posted, message)
    told = text_of_field(message.get("sender_id"))
    # Of a text it is the number that it was sent to, of WhatsApp an id.
    to = with_plus(clean_text(told)) if told and kind != "whatsapp" else ""
    return InboundMessage(
        kind=kind,
        provider_message_id=_id(message, "id"),
        sender=f"{WHATSAPP}{identity}" if kind == "whatsapp" else identity,
        recipients=tuple(recipients_of("sms", {"to": own_address if to in {"", identity} else to})),
        body=clean_text(body),
        attachments=attachments,
        sent_at=parse_timestamp(posted.event_time or message.get("accept_time")),
        shape=shape,
        quoted_id=quoted_id,
    )


def _content(posted: Posted, message: Mapping[str, object]) -> Read:
    """Say what it is, its text, its files, and what it answers; never blank."""
    if reaction := posted.reaction:
        is_there = reaction.get("action") != _TAKEN_BACK
        body = reaction_text(reaction.get("emoji") if is_there else None)
        return "reaction", body, (), text_of_field(reaction.get("message_id"))
    content = fields_of(message.get("contact_message"))
    quoted_id = text_of_field(fields_of(content.get("reply_to")).get("message_id"))
    if "location_message" in content:
        return "location", _location(fields_of(content["location_message"])), (), quoted_id
    if "choice_response_message" in content:
        choice = fields_of(content["choice_response_message"])
        answered = text_of_field(choice.get("message_id")) or quoted_id
        return "choice", choice_text(choice.get("postback_data")), (), answered
    if "product_response_message" in content:
        order = fields_of(content["product_response_message"])
        items = map(_item, items_of(order.get("products")))
        return "order", order_text(items, order.get("title")), (), quoted_id
    return *_text_and_files(content), quoted_id


def _text_and_files(
    content: Mapping[str, object],
) -> tuple[MessageShape | None, str, tuple[Attachment, ...]]:
    text = fields_of(content.get("text_message")).get("text")
    media = fields_of(content.get("media_message") or content.get("media_card_message"))
    url, name = text_of_field(media.get("url")), text_of_field(media.get("filename_override"))
    file = attachment_of(url=url, filename=name)
    body = text_of_field(text) or text_of_field(media.get("caption")) or ""
    if body or file:
        return None, body, (file,) if file else ()
    words = (word.removesuffix("_message") for word in content if word != "reply_to")
    return "unsupported", unsupported_text(next(words, None)), ()


def _location(location: Mapping[str, object]) -> str:
    place = fields_of(location.get("coordinates"))
    return location_text(
        latitude=place.get("latitude"),
        longitude=place.get("longitude"),
        name=location.get("title"),
        address=location.get("label"),
    )


def _item(item: object) -> OrderedItem:
    fields = fields_of(item)
    return OrderedItem(
        name=fields.get("id"),
        quantity=fields.get("quantity"),
        price=fields.get("item_price"),
        currency=fields.get("currency"),
    )


def _id(fields: Mapping[str, object], name: str) -> str:
    return first_id((text_of_field(fields.get(name)),), name)


def _word(report: Mapping[str, object]) -> str:
    word = clean_text(text_of_field(report.get("status")) or "")
    if not word:
        raise Unreadable("status must say what became of the message")
    return word


def _code(report: Mapping[str, object]) -> str | None:
    """Return why it failed; of another status it says why another channel was tried."""
    is_failed = CONVERSATION_STATUS.get(_word(report).lower()) == "failed"
    return fit_code(fields_of(report.get("reason")).get("code")) if is_failed else None

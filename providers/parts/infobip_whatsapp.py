"""What Infobip says of a message by WhatsApp, whose types have fields of their own.

{"type": "LOCATION", "latitude": 45.79, "longitude": 15.94, "name": ..., "address": ..., "url": ...}
{"type": "INTERACTIVE_BUTTON_REPLY", "id": "1", "title": "Yes", "context": {"id": ..., "from": ...}}
{"type": "REACTION", "emoji": "\U0001f44d", "action": "ADDED", "context": {"id": ...}}
Source: the models of https://github.com/infobip/infobip-api-java-client that are named
WhatsAppWebhookInbound..., WhatsAppWebhook...Content, WhatsAppWebhookContact and WhatsAppContext.
"""

from collections.abc import Iterable

import msgspec

from domain.message import MessageShape
from domain.shaped_text import (
    ContactCard,
    OrderedItem,
    choice_text,
    contacts_text,
    location_text,
    order_text,
    reaction_text,
    sticker_text,
    unsupported_text,
)
from domain.tolerant_json import fields_of, items_of, text_of_field

_TAPPED = frozenset({"BUTTON", "INTERACTIVE_BUTTON_REPLY", "INTERACTIVE_LIST_REPLY"})
_TAKEN_BACK = "REMOVED"


class Content(msgspec.Struct, gc=False):
    """All that WhatsApp says of a message; each type has some of these fields."""

    type: object = None
    text: object = None
    caption: object = None
    title: object = None
    description: object = None
    url: object = None
    latitude: object = None
    longitude: object = None
    name: object = None
    address: object = None
    emoji: object = None
    action: object = None
    contacts: object = None
    productItems: object = None
    context: object = None

    @property
    def quoted_id(self) -> str | None:
        """The id of the message that this one answers or reacts to."""
        return text_of_field(fields_of(self.context).get("id"))

    @property
    def link(self) -> str | None:
        """Where the file is kept; the link of a place leads elsewhere."""
        is_file = isinstance(self.url, str) and self.word != "LOCATION"
        return str(self.url) if is_file else None

    @property
    def word(self) -> str:
        return self.type.strip().upper() if isinstance(self.type, str) else ""


def shape_of(content: Content) -> tuple[MessageShape | None, str]:
    """Say what a message by WhatsApp is, and its text, which is never blank without a file."""
    word = content.word
    if word == "LOCATION":
        return "location", location_text(
            latitude=content.latitude,
            longitude=content.longitude,
            name=content.name,
            address=content.address,
        )
    if word in _TAPPED:
        return "choice", choice_text(content.title or content.text, content.description)
    if word == "REACTION":
        is_there = content.action != _TAKEN_BACK
        return "reaction", reaction_text(content.emoji if is_there else None)
    if word == "CONTACT":
        return "contact", contacts_text(map(_card, items_of(content.contacts)))
    if word == "ORDER":
        return "order", order_text(map(_item, items_of(content.productItems)), content.text)
    if word == "STICKER":
        return "sticker", sticker_text()
    texts = (content.text, content.caption, content.title)
    body = next((text for text in texts if isinstance(text, str) and text.strip()), "")
    if body or content.link:
        return None, body
    return "unsupported", unsupported_text(word.lower())


def sender_name(contact: object) -> str | None:
    """Say what the sender is called on WhatsApp."""
    return text_of_field(fields_of(contact).get("name"))


def _card(contact: object) -> ContactCard:
    fields = fields_of(contact)
    name, organisation = fields_of(fields.get("name")), fields_of(fields.get("org"))
    parts = (name.get("firstName"), name.get("lastName"))
    whole = " ".join(part for part in parts if isinstance(part, str))
    phones, mails = items_of(fields.get("phones")), items_of(fields.get("emails"))
    return ContactCard(
        names=(name.get("formattedName") or whole, organisation.get("company")),
        numbers=(*_each(phones, "phone"), *_each(mails, "email")),
    )


def _item(item: object) -> OrderedItem:
    fields = fields_of(item)
    return OrderedItem(
        name=fields.get("productRetailerId"),
        quantity=fields.get("quantity"),
        price=fields.get("itemPrice"),
        currency=fields.get("currency"),
    )


def _each(items: Iterable[object], name: str) -> Iterable[object]:
    return (fields_of(item).get(name) for item in items)

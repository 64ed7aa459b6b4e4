"""What Vonage's Messages API says of a message by WhatsApp; each type has a field of its own.

{"channel": "whatsapp", "message_type": "reply", "reply": {"id": "1", "title": "Yes", "description":
 ...}, "profile": {"name": "Ann"}, "context": {"message_uuid": ..., "message_from": ...}, ...}
"location": {"lat": 48.2, "long": 16.3, "name": ..., "address": ...}; "sticker": {"url": ...};
"button": {"text": "Yes"}; "order": {"catalog_id": ..., "product_items": [{"product_retailer_id":
 ..., "quantity": 1, "item_price": 2.5, "currency": "EUR"}]}
"whatsapp": {"sender": {"user_id": ...}} names who shows no number
Source: https://developer.vonage.com/en/api/messages-olympus#inbound-message
Source: InboundMessage and whatsapp/ of https://github.com/Vonage/vonage-java-sdk (messages)
"""

import msgspec

from domain.message import MessageShape
from domain.shaped_text import (
    choice_text,
    location_text,
    order_text,
    reaction_text,
    sticker_text,
    unsupported_text,
)
from domain.tolerant_json import fields_of, items_of, text_of_field
from providers.parts.whatsapp_order import ordered_item


class WhatsappFields(msgspec.Struct, gc=False):
    """What only a message by WhatsApp has."""

    message_type: object = None
    profile: object = None
    context: object = None
    location: object = None
    reply: object = None
    button: object = None
    reaction: object = None
    order: object = None
    sticker: object = None
    whatsapp: object = None

    @property
    def quoted_id(self) -> str | None:
        """The id of the message that this one answers or reacts to."""
        return text_of_field(fields_of(self.context).get("message_uuid"))

    @property
    def sender_name(self) -> str | None:
        """What the sender is called on WhatsApp."""
        return text_of_field(fields_of(self.profile).get("name"))

    @property
    def user_id(self) -> str | None:
        """What stands for a sender who shows no number."""
        sender = fields_of(fields_of(self.whatsapp).get("sender"))
        return text_of_field(sender.get("user_id"))

    @property
    def sticker_url(self) -> str | None:
        return text_of_field(fields_of(self.sticker).get("url"))

    def shape(self) -> tuple[MessageShape | None, str]:
        """Say what it is, and its text; nothing of what is a text or a file."""
        word = text_of_field(self.message_type) or ""
        if word == "location":
            return "location", _location_text(self.location)
        if word == "reply":
            reply = fields_of(self.reply)
            return "choice", choice_text(reply.get("title"), reply.get("description"))
        if word == "button":
            return "choice", choice_text(fields_of(self.button).get("text"))
        if word == "reaction":
            return "reaction", reaction_text(fields_of(self.reaction).get("emoji"))
        if word == "order":
            order = fields_of(self.order)
            items = map(ordered_item, items_of(order.get("product_items")))
            return "order", order_text(items, order.get("text"))
        if word == "sticker":
            return "sticker", sticker_text()
        return None, ""

    def unsupported(self) -> str:
        """Say that nobody knows what it is."""
        return unsupported_text(self.message_type)


def _location_text(location: object) -> str:
    """Write a place; the names of its coordinates were shortened once."""
    place = fields_of(location)
    return location_text(
        latitude=place.get("lat", place.get("latitude")),
        longitude=place.get("long", place.get("longitude")),
        name=place.get("name"),
        address=place.get("address"),
    )

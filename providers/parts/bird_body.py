"""What the body of a message in Bird's Channels API is: a text, files, a place, or something else.

{"type": "text", "text": {"text": "Hello"}}; of other types Bird's pages show the names, and that
files have a `mediaUrl`, but no message whole: what is known of one is looked for, wherever it is.
Source: https://docs.bird.com/api/channels-api/supported-channels/programmable-whatsapp/receiving-messages
Source: components/messagebird/sources of https://github.com/PipedreamHQ/pipedream (a whole event)
"""

from collections.abc import Iterator

from domain.message import Attachment, MessageShape
from domain.message_parts import attachment_of
from domain.shaped_text import location_text, unsupported_text
from domain.tolerant_json import fields_of, items_of, text_of_field

_DEEPEST = 4
_MOST_FILES = 50

Content = tuple[MessageShape | None, str, tuple[Attachment, ...]]


def content_of(body: object) -> Content:
    """Say what a message by WhatsApp is, its text and its files; never blank."""
    fields = fields_of(body)
    word = text_of_field(fields.get("type")) or ""
    content = fields_of(fields.get(word))
    if word == "location":
        place = fields_of(content.get("coordinates"))
        latitude, longitude = place.get("latitude"), place.get("longitude")
        return "location", location_text(latitude=latitude, longitude=longitude), ()
    files = tuple(_files(content))
    text = text_of_field(content.get("text")) or ""
    if text or files:
        return None, text, files
    return "unsupported", unsupported_text(word), ()


def _files(value: object, depth: int = 0) -> Iterator[Attachment]:
    """Find what has a `mediaUrl`, in lists and objects."""
    if depth > _DEEPEST:
        return
    fields = fields_of(value)
    if url := text_of_field(fields.get("mediaUrl")):
        kind, name = text_of_field(fields.get("contentType")), text_of_field(fields.get("filename"))
        if file := attachment_of(url=url, content_type=kind, filename=name):
            yield file
        return
    for inner in [*list(fields.values())[:_MOST_FILES], *items_of(value)]:
        yield from _files(inner, depth + 1)

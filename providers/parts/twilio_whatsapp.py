"""What Twilio says of a message by WhatsApp that is no plain text.

MessageType=location&Latitude=37.78&Longitude=-122.39&Address=...&Label=...&Body=
MessageType=interactive&ButtonText=Yes&ButtonPayload=yes&Body=Yes&OriginalRepliedMessageSid=MM...
Source: https://www.twilio.com/docs/messaging/guides/webhook-request
A contact is a file of the type text/vcard.
"""

from collections.abc import Mapping, Sequence

from domain.media_type import media_type
from domain.message import Attachment, MessageShape
from domain.shaped_text import (
    choice_text,
    contacts_text,
    location_text,
    reaction_text,
    unsupported_text,
)

_TAPPED = frozenset({"button", "interactive"})
_CARDS = frozenset({"text/vcard", "text/x-vcard"})


def shape_of(
    form: Mapping[str, str], files: Sequence[Attachment]
) -> tuple[MessageShape | None, str]:
    """Say what a message by WhatsApp is, and its text, which is never blank without a file."""
    word, body = form.get("MessageType", "").strip(), form.get("Body", "")
    if form.get("Latitude") and form.get("Longitude"):
        return "location", location_text(
            latitude=form["Latitude"],
            longitude=form["Longitude"],
            name=form.get("Label") or body,
            address=form.get("Address"),
        )
    if form.get("ButtonText") or word.lower() in _TAPPED:
        return "choice", choice_text(body.strip() or form.get("ButtonText"))
    if word.lower() == "reaction":
        return "reaction", reaction_text(body)
    if any(media_type(file.content_type or "") in _CARDS for file in files):
        return "contact", body.strip() or contacts_text([])
    if body.strip() or files:
        return None, body
    return "unsupported", unsupported_text(word)

"""How the page shows what a message is that is no plain text, and what it quotes. Pure."""

from collections.abc import Container, Mapping
from dataclasses import dataclass

from domain.message import Direction, MessageShape
from domain.shaped_text import TAKEN_BACK
from inbox.conversations.list_rows import href_of
from inbox.conversations.present import preview_of
from store.message_listing import ListedMessage, QuotedMessage

_WORDS: Mapping[MessageShape, str] = {"choice": "Tapped a button"}


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteView:
    """The beginning of the message that another quotes, and where it is."""

    href: str
    direction: Direction
    preview: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeView:
    """`word` stands above the text; `deed` is what somebody did who sent a reaction."""

    name: MessageShape
    word: str = ""
    deed: str = ""


def shape_view(message: ListedMessage) -> ShapeView | None:
    """Say what a message is; None of a plain text."""
    if message.shape is None:
        return None
    deed = ""
    if message.shape == "reaction":
        deed = "took back a reaction" if message.body == TAKEN_BACK else "reacted"
    return ShapeView(name=message.shape, word=_WORDS.get(message.shape, ""), deed=deed)


def quote_view(
    quoted: QuotedMessage, conversation_id: str, link: str, on_page: Container[str]
) -> QuoteView:
    """Show a quoted message; one that is not on this page is the last of another."""
    page = href_of(conversation_id, link)
    joint = "&" if link else "?"
    elsewhere = "" if quoted.id in on_page else f"{page}{joint}before_seq={quoted.seq + 1}"
    return QuoteView(
        href=f"{elsewhere}#m-{quoted.id}",
        direction=quoted.direction,
        preview=preview_of(quoted),
    )

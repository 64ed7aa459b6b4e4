"""Says in words what a message is that is no plain text: a place, a contact card, a reaction ...

So whoever searches, exports, or knows no shapes reads something. Everything may be missing, or be
nonsense: what is left says what came. Knows no provider.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Final

from domain.text import clean_text, one_line

TAKEN_BACK: Final = "Reaction taken back"

_MAP = "https://www.openstreetmap.org/?mlat={0}&mlon={1}"
_LONGEST_LINE = 500
_LONGEST_WORD = 60
_MOST_LINES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactCard:
    """A contact that somebody sent: what it is called, and where it can be reached."""

    names: Sequence[object] = ()
    numbers: Sequence[object] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedItem:
    """One line of an order; `price` is of one piece."""

    name: object
    quantity: object = None
    price: object = None
    currency: object = None


def location_text(
    *,
    latitude: object = None,
    longitude: object = None,
    name: object = None,
    address: object = None,
) -> str:
    """Write a place: what it is called, where it is, and a link to a map."""
    lines = list(dict.fromkeys(_lines(name, address)))
    place = (_degrees(latitude, 90), _degrees(longitude, 180))
    if None not in place:
        lines += [f"Location {place[0]}, {place[1]}", _MAP.format(*place)]
    return "\n".join(lines) or "A location"


def choice_text(*parts: object) -> str:
    """Write what was tapped: the title of a button or a row, and what stands below it."""
    return "\n".join(_lines(*parts)) or "A button was tapped"


def reaction_text(emoji: object) -> str:
    """Write a reaction; without an emoji it was taken back."""
    return next(_lines(emoji), TAKEN_BACK)


def contacts_text(cards: Iterable[ContactCard]) -> str:
    """Write contact cards, each by its names and then its numbers."""
    written: list[str] = []
    for card in cards:
        names = ", ".join(dict.fromkeys(_lines(*card.names)))
        lines = dict.fromkeys(_lines(*card.numbers))
        written.append("\n".join([f"Contact: {names}" if names else "Contact", *lines]))
    return "\n\n".join(written[:_MOST_LINES]) or "A contact"


def order_text(items: Iterable[OrderedItem], note: object = None) -> str:
    """Write an order: a line for each item, and what was written to it."""
    lines = [_item(item) for item in items][:_MOST_LINES]
    return "\n".join(["Order", *lines, *_lines(note)])


def sticker_text() -> str:
    """Write a sticker, which is a picture of its own."""
    return "Sticker"


def unsupported_text(word: object) -> str:
    """Write that a message came which cannot be shown, by the provider's word for it."""
    name = one_line(next(_lines(word), ""), _LONGEST_WORD)
    kind = f"A message of the type \u201c{name}\u201d" if name else "A message of an unknown type"
    return f"{kind}, which cannot be shown here"


def _item(item: OrderedItem) -> str:
    name, quantity, price, currency = (
        next(_lines(part), "") for part in (item.name, item.quantity, item.price, item.currency)
    )
    amount = " ".join(filter(None, (price, currency)))
    counted = f"{quantity} \u00d7 {name or 'an item'}" if quantity else name or "An item"
    return f"{counted} ({amount})" if price else counted


def _lines(*parts: object) -> Iterator[str]:
    """Return the parts that say something, each on one line."""
    for part in parts:
        if isinstance(part, str | int | float) and not isinstance(part, bool):
            line = one_line(clean_text(str(part)), _LONGEST_LINE)
            if line:
                yield line


def _degrees(given: object, most: int) -> str | None:
    """Read a coordinate, of a number or a text; None of what is none on this planet."""
    try:
        value = float(given) if isinstance(given, str | int | float) else None
    except (ValueError, OverflowError):
        return None
    if value is None or not isfinite(value) or abs(value) > most:
        return None
    return f"{value:.6f}".rstrip("0").rstrip(".")

"""Decodes JSON that somebody else wrote into a known shape. Knows no shape."""

import json
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from domain.errors import Unreadable

T = TypeVar("T")

_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_OBJECT = msgspec.json.Decoder(dict[str, object])
_MOST_ITEMS = 50


def decode_tolerantly(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Decode strictly and fast, and on the rare body that this refuses, tolerantly.

    msgspec refuses lone surrogates, which JSON allows; and one bad byte is no reason to lose a
    message.

    Raises: Unreadable.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Unreadable(str(error)) from None
    except RecursionError:
        raise Unreadable("body is nested too deeply") from None
    except ValueError:
        return _decode_slowly(body, decoder)


def decode_or(body: bytes, decoder: msgspec.json.Decoder[T], otherwise: T) -> T:
    """Decode strictly, or return `otherwise`: for what may as well be missing."""
    try:
        return decoder.decode(body)
    except (ValueError, RecursionError):
        return otherwise


def decode_tolerantly_or(body: bytes, decoder: msgspec.json.Decoder[T], otherwise: T) -> T:
    """Decode as `decode_tolerantly` does, or return `otherwise`."""
    try:
        return decode_tolerantly(body, decoder)
    except Unreadable:
        return otherwise


def fields_of(given: object) -> Mapping[str, object]:
    """Read a decoded value as an object; what is none has no fields."""
    try:
        return msgspec.convert(given, dict[str, object])
    except msgspec.ValidationError:
        return {}


def items_of(given: object) -> list[object]:
    """Read a decoded value as a list, as far as anybody reads it; what is none has no items."""
    try:
        return msgspec.convert(given, list[object])[:_MOST_ITEMS]
    except msgspec.ValidationError:
        return []


def text_of_field(given: object) -> str | None:
    """Read a decoded value as a text that says something."""
    return given.strip() or None if isinstance(given, str) else None


def split_array(array: bytes, name: str) -> list[bytes]:
    """Take an array apart; each element is bytes of its own, so that an odd one harms no other.

    One bad byte is no reason to lose all of them. Raises: Unreadable.
    """
    try:
        return [bytes(element) for element in _ARRAY.decode(array)]
    except (ValueError, RecursionError):
        return _split_slowly(array, name)


def split_field(body: bytes, name: str) -> list[bytes]:
    """Take the array apart that an object has under a name, likewise. Raises: Unreadable."""
    try:
        array = bytes(_FIELDS.decode(body).get(name, b""))
    except (ValueError, RecursionError):
        array = json.dumps(decode_tolerantly(body, _OBJECT).get(name)).encode()
    return split_array(array, name)


def _decode_slowly(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    try:
        text = body.decode(json.detect_encoding(body), "replace")
        return msgspec.convert(json.loads(text), decoder.type)
    except msgspec.ValidationError as error:
        raise Unreadable(str(error)) from None
    except (ValueError, RecursionError):
        raise Unreadable("body must be a JSON object") from None


def _split_slowly(array: bytes, name: str) -> list[bytes]:
    try:
        elements: object = json.loads(array.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        elements = None
    if not isinstance(elements, list):
        raise Unreadable(f"{name} must be a JSON array")
    return [json.dumps(element).encode() for element in elements]  # pyright: ignore[reportUnknownVariableType]

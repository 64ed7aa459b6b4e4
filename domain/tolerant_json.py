"""Decodes JSON that somebody else wrote into a known shape. Knows no shape."""

import json
from typing import TypeVar

import msgspec

from domain.errors import Unreadable

T = TypeVar("T")


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


def _decode_slowly(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    try:
        text = body.decode(json.detect_encoding(body), "replace")
        return msgspec.convert(json.loads(text), decoder.type)
    except msgspec.ValidationError as error:
        raise Unreadable(str(error)) from None
    except (ValueError, RecursionError):
        raise Unreadable("body must be a JSON object") from None

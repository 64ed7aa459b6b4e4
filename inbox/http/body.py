"""Reads request bodies strictly: JSON of a known shape, or a refusal that names the field."""

import re
from typing import TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request

from domain.errors import FieldError, Malformed, TooLarge, UnsupportedMediaType, ValidationFailed

S = TypeVar("S", bound=msgspec.Struct)

MOST_BODY_BYTES = 1 << 20
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_AT = re.compile(r" - at `(key in )?\$\.?([^`]*)`$")


async def read_body(request: Request) -> bytes:
    """Read a body, as long as it is no longer than a request of the API can be.

    Raises: TooLarge, Malformed.
    """
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > MOST_BODY_BYTES:
                raise TooLarge(f"the body must not be longer than {MOST_BODY_BYTES} bytes")
            chunks.append(chunk)
    except ClientDisconnect:
        raise Malformed("the body broke off") from None
    return b"".join(chunks)


def parse_body(content: bytes, content_type: str, shape: type[S]) -> S:
    """Read JSON into a shape.

    Raises: UnsupportedMediaType, Malformed, ValidationFailed.
    """
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedMediaType("send the body as application/json")
    if _NUL.search(content):
        raise Malformed("the body must not contain the character U+0000")
    try:
        return msgspec.json.decode(content, type=shape)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed("the body must be JSON") from None


def _invalid(message: str) -> ValidationFailed:
    """Turn msgspec's message, which names places and types but no value, into a field at fault."""
    found = _AT.search(message)
    name = found[2] if found else ""
    detail = _AT.sub("", message)
    if detail.startswith("Invalid enum value"):
        detail = "is not a word that is known here"
    unknown = re.search(r"unknown field `([^`]*)`", message)
    if unknown:
        name = ".".join(part for part in (name, unknown[1][:100]) if part)
        detail = "is not known here"
    code = "unknown_field" if unknown else "invalid"
    one = FieldError(location="body", name=name, code=code, detail=detail)
    return ValidationFailed(f"{name or 'body'}: {detail}", (one,))

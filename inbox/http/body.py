"""Reads request bodies strictly: JSON of a declared shape, or a refusal that names the field."""

import re
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any, TypeVar, cast, get_args, get_origin, get_type_hints

import msgspec
from starlette.requests import ClientDisconnect, Request

from domain.errors import FieldError, Malformed, TooLarge, UnsupportedMediaType, ValidationFailed
from domain.media_type import media_type
from inbox.http.values import NotAcceptable, Reads

S = TypeVar("S", bound=msgspec.Struct)
T = TypeVar("T")

MOST_BODY_BYTES = 1 << 20
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_AT = re.compile(r" - at `(key in )?\$\.?([^`]*)`$")


async def read_body(request: Request, most_bytes: int = MOST_BODY_BYTES) -> bytes:
    """Read a body, as long as it is no longer than it can be.

    Raises: TooLarge, Malformed.
    """
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > most_bytes:
                raise TooLarge(f"the body must not be longer than {most_bytes} bytes")
            chunks.append(chunk)
    except ClientDisconnect:
        raise Malformed("the body broke off") from None
    return b"".join(chunks)


def parse_body(content: bytes, content_type: str, shape: type[S]) -> S:
    """Read JSON into a shape.

    Raises: UnsupportedMediaType, Malformed, ValidationFailed.
    """
    if media_type(content_type) != "application/json":
        raise UnsupportedMediaType("send the body as application/json")
    if _NUL.search(content):
        raise Malformed("the body must not contain the character U+0000")
    try:
        decoded = msgspec.json.decode(content, type=shape)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Malformed("the body must be JSON") from None
    errors: list[FieldError] = []
    body = _read_fields(decoded, "", errors)
    if errors:
        raise ValidationFailed("; ".join(error.detail for error in errors), tuple(errors))
    return body


def given_or_none(value: T | msgspec.UnsetType) -> T | None:
    """Return a field of a body; None where it was left out."""
    return None if isinstance(value, msgspec.UnsetType) else value


def _read_fields(body: S, prefix: str, errors: list[FieldError]) -> S:
    """Read the fields whose types say how; what is wrong with them is added to `errors`."""
    read: dict[str, Any] = {}
    for name, parse in _readers(type(body)).items():
        given, place = getattr(body, name), f"{prefix}{name}"
        if isinstance(given, msgspec.Struct):
            read[name] = _read_fields(given, f"{place}.", errors)
        elif parse is not None and given is not None and given is not msgspec.UNSET:
            try:
                values = cast("list[Any]", given) if isinstance(given, list) else None
                read[name] = parse(given) if values is None else [parse(value) for value in values]
            except NotAcceptable as refused:
                detail = f"{place} must be {refused.detail}"
                error = FieldError(location="body", name=place, code=refused.code, detail=detail)
                errors.append(error)
    return msgspec.structs.replace(body, **read) if read else body


@cache
def _readers(shape: type[msgspec.Struct]) -> dict[str, Callable[[Any], Any] | None]:
    hints = get_type_hints(shape, include_extras=True)
    return {name: _reader(hint) for name, hint in hints.items()}


def _reader(hint: Any) -> Callable[[Any], Any] | None:
    """Find how a value is read, or each of a list; None where it stays as it is."""
    if get_origin(hint) is Annotated:
        return next((word.parse for word in get_args(hint) if isinstance(word, Reads)), None)
    return next((parse for part in get_args(hint) if (parse := _reader(part))), None)


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
    error = FieldError(location="body", name=name, code=code, detail=detail)
    return ValidationFailed(f"{name or 'body'}: {detail}", (error,))

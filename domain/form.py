"""Reads and writes forms as browsers and providers post them, in a bounded size. Knows no field."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from urllib.parse import parse_qsl, unquote_to_bytes, urlencode

from domain.basic_auth import basic_credentials
from domain.delivery import Delivery
from domain.errors import Unreadable
from domain.outbound import SendRequest
from domain.text import clean_text

FORM = "application/x-www-form-urlencoded"
_LONGEST_FORM = 256 * 1024  # decoding is slow, and happens in the request
_MOST_FIELDS = 1_000

_PARTING = b"\x1e"
_NUMBER = re.compile(r"0|[1-9][0-9]{0,3}")

Fields = Sequence[tuple[str, str]]


def form_bytes(delivery: Delivery) -> bytes:
    """Return the form of a delivery: the body, or the query of a GET."""
    if delivery.method != "GET":
        return delivery.body
    query = delivery.url.partition("#")[0].partition("?")[2]
    return query.encode("utf-8", "surrogatepass")


@lru_cache(maxsize=2)  # of one request it is asked twice: who signed it, and what it says
def parse_form(form: bytes) -> Fields:
    """List the fields in their order, the blank ones too.

    Raises: Unreadable.
    """
    if len(form) > _LONGEST_FORM:
        raise Unreadable("form must not be longer than a message can be")
    marks = form.count(b"&")
    if marks >= _MOST_FIELDS:
        raise Unreadable("form must not have more fields than a message can have")
    fields = _unquoted_at_once(form, marks) if form.isascii() else None
    if fields is not None:
        return fields
    text = form.decode("utf-8", "replace")
    return tuple(parse_qsl(text, keep_blank_values=True, errors="replace"))


def _unquoted_at_once(form: bytes, marks: int) -> Fields | None:
    """List the fields in a third of the time, where all of them can be unquoted in one go.

    They cannot where an escape stands for what parts fields meanwhile, or names from values.
    """
    parted = form.replace(b"+", b" ").replace(b"&", _PARTING)
    text = unquote_to_bytes(parted).decode("utf-8", "replace")
    if text.count("\x1e") != marks or text.count("=") != form.count(b"="):
        return None
    pairs = [field.partition("=") for field in text.split("\x1e") if field]
    return tuple([(name, value) for name, _, value in pairs])


def first_values(fields: Fields, names: Collection[str] | None = None) -> Mapping[str, str]:
    """Key the fields by name, or those of these names alone.

    The first of a repeated one counts, so none can be overridden.
    """
    return {
        name: clean_text(value)
        for name, value in reversed(fields)
        if names is None or name in names
    }


def numbers_of(form: Mapping[str, str], name: str) -> list[int]:
    """List, in order, the numbers under which there are fields of a name: Name0, Name1, ..."""
    endings = [field[len(name) :] for field in form if field.startswith(name)]
    return sorted(int(ending) for ending in endings if _NUMBER.fullmatch(ending))


def form_request(url: str, fields: Fields, user: str, password: str) -> SendRequest:
    """Write the request that posts a form with Basic authentication and wants JSON back."""
    return SendRequest(
        method="POST",
        url=url,
        headers={
            "authorization": basic_credentials(user, password),
            "content-type": FORM,
            "accept": "application/json",
        },
        body=urlencode(fields).encode(),
    )

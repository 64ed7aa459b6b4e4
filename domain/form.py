"""Reads and writes forms as browsers and providers post them, in a bounded size. Knows no field."""

import re
from collections.abc import Mapping, Sequence
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

FIELD_MARK, VALUE_MARK = "\x01", "\x00"
_MARKED = bytes.maketrans(b"&=+", b"\x01\x00 ")
_NO_SIGNS = bytes(set(range(256)) - {*b"&=\x00\x01"})
_NUMBER = re.compile(r"0|[1-9][0-9]{0,3}")

Fields = Sequence[tuple[str, str]]


def form_bytes(delivery: Delivery) -> bytes:
    """Return the form of a delivery: the body, or the query of a GET."""
    if delivery.method != "GET":
        return delivery.body
    query = delivery.url.partition("#")[0].partition("?")[2]
    return query.encode("utf-8", "surrogatepass")


def parse_form(form: bytes) -> Fields:
    """List the fields in their order, the blank ones too.

    Raises: Unreadable.
    """
    text = marked_form(form)
    if text is None:
        parsed = parse_qsl(
            form.decode("utf-8", "replace"), keep_blank_values=True, errors="replace"
        )
        return tuple(parsed)
    pairs = [field.partition(VALUE_MARK) for field in text[1:].split(FIELD_MARK)]
    return tuple([(name, value) for name, _, value in pairs])


@lru_cache(maxsize=2)  # of one request it is asked twice: who signed it, and what it says
def marked_form(form: bytes) -> str | None:
    """Unquote all fields at once, as most forms allow, in a third of the time: with a mark before
    each, and one between name and value, which sorts before all that it parts.

    They do not where an escape stands for a mark, or not every field has one equals sign. Raises:
    Unreadable.
    """
    if len(form) > _LONGEST_FORM:
        raise Unreadable("form must not be longer than a message can be")
    further = form.count(b"&")
    if further >= _MOST_FIELDS:
        raise Unreadable("form must not have more fields than a message can have")
    signs = form.translate(None, _NO_SIGNS)
    if signs != b"=" + b"&=" * further or not form.isascii():
        return None
    text = unquote_to_bytes(form.translate(_MARKED)).decode("utf-8", "replace")
    if b"%0" in form and text.count(FIELD_MARK) + text.count(VALUE_MARK) != len(signs):
        return None
    return FIELD_MARK + text


def first_values(fields: Fields) -> Mapping[str, str]:
    """Key the fields by name; the first of a repeated one counts, so none can be overridden."""
    return {name: clean_text(value) for name, value in reversed(fields)}


def first_value_of(form: bytes, name: str) -> str | None:
    """Return the first field of a name, without listing the others.

    Raises: Unreadable.
    """
    text = marked_form(form)
    if text is None:
        return first_values(parse_form(form)).get(name)
    _, mark, rest = text.partition(f"{FIELD_MARK}{name}{VALUE_MARK}")
    return clean_text(rest.partition(FIELD_MARK)[0]) if mark else None


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

"""What several providers sign: the URL, and every field of the form that they post to it.

Knows no header and no algorithm.
"""

from collections.abc import Callable
from itertools import chain
from typing import TypeVar

from domain.delivery import Delivery
from domain.errors import Unreadable
from domain.form import FIELD_MARK, FORM, VALUE_MARK, Fields, marked_form, parse_form

T = TypeVar("T")


def signed_form(url: str, fields: Fields) -> bytes:
    """Write the URL followed by every distinct name and value, in order, without separators."""
    return (url + _distinct(fields)).encode("utf-8", "surrogatepass")


def signed_fields(
    delivery: Delivery, covers_body: Callable[[Delivery], bool]
) -> tuple[Fields, str | None]:
    """List the fields that the signature covers beside the URL, or say why there are none.

    A GET has all of them in the URL; `covers_body` judges a body that is no form.
    """
    return _read_form(delivery, covers_body, parse_form, ())


def signed_text(
    delivery: Delivery, covers_body: Callable[[Delivery], bool]
) -> tuple[str, str | None]:
    """Write what the signature covers behind the URL, or say why there is nothing; see above."""
    return _read_form(delivery, covers_body, _distinct_in, "")


def _read_form(
    delivery: Delivery,
    covers_body: Callable[[Delivery], bool],
    read: Callable[[bytes], T],
    nothing: T,
) -> tuple[T, str | None]:
    if delivery.method == "GET":
        return nothing, None
    content_type = delivery.content_type.strip().lower()
    if not content_type or content_type.startswith(FORM):
        try:
            return read(delivery.body), None
        except Unreadable:
            return nothing, "unreadable_form"
    return nothing, None if covers_body(delivery) else "body_not_signed"


def _distinct_in(form: bytes) -> str:
    """Write the distinct fields of a form; marked ones are in order as the texts that they are."""
    text = marked_form(form)
    if text is None:
        return _distinct(parse_form(form))
    return "".join(sorted(set(text.split(FIELD_MARK)))).replace(VALUE_MARK, "")


def _distinct(fields: Fields) -> str:
    """Write every distinct name and value, in order, without separators."""
    return "".join(chain.from_iterable(sorted(set(fields))))

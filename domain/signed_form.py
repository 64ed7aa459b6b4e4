"""What several providers sign: the URL, and every field of the form that they post to it.

Knows no header and no algorithm.
"""

from collections.abc import Callable
from itertools import chain

from domain.delivery import Delivery
from domain.errors import Unreadable
from domain.form import FORM, Fields, parse_form


def signed_form(url: str, fields: Fields) -> bytes:
    """Write the URL followed by every distinct name and value, in order, without separators."""
    return (url + distinct_fields(fields)).encode("utf-8", "surrogatepass")


def distinct_fields(fields: Fields) -> str:
    """Write every distinct name and value, in order, without separators."""
    return "".join(chain.from_iterable(sorted(set(fields))))


def signed_fields(
    delivery: Delivery, covers_body: Callable[[Delivery], bool]
) -> tuple[Fields, str | None]:
    """List the fields that the signature covers beside the URL, or say why there are none.

    A GET has all of them in the URL; `covers_body` judges a body that is no form.
    """
    if delivery.method == "GET":
        return (), None
    content_type = delivery.content_type.strip().lower()
    if not content_type or content_type.startswith(FORM):
        try:
            return parse_form(delivery.body), None
        except Unreadable:
            return (), "unreadable_form"
    return (), None if covers_body(delivery) else "body_not_signed"

"""Reads which version of a thing a request depends on."""

from msgspec import UNSET, UnsetType

from domain.errors import invalid_field
from inbox.http.call import B, Call
from inbox.http.query import Q


def wanted_version(call: Call[Q, B], asked: int | UnsetType) -> int | None:
    """Settle which version a request depends on: that of the body or of `If-Match`.

    Raises: ValidationFailed.
    """
    in_header = call.if_match()
    if asked is UNSET:
        return in_header
    if in_header not in (None, asked):
        raise invalid_field("version", "not_the_same", "the same as If-Match")
    return asked

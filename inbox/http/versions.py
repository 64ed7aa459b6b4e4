"""Reads which version of a thing a request depends on."""

from msgspec import UNSET, UnsetType

from inbox.http.call import Call
from inbox.http.ids import invalid_field


def wanted_version(call: Call, asked: int | UnsetType) -> int | None:
    """Settle which version a request depends on: that of the body or of `If-Match`.

    Raises: ValidationFailed.
    """
    in_header = call.if_match()
    if asked is UNSET:
        return in_header
    if in_header not in (None, asked):
        raise invalid_field("version", "not_the_same", "the same as If-Match")
    return asked

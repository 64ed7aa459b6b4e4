"""Checks the address that a channel receives on, as an operator types it."""

import re

import phonenumbers

from domain.address import canonicalise
from domain.channel import ChannelKind
from domain.errors import OperatorError

# Short codes, alphanumeric senders (11 characters in GSM networks), and `scheme:value` handles.
_HANDLE = re.compile(
    r"[0-9]{3,8}|(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9 _.&-]{0,10}|[a-z][a-z0-9]*:\S+"
)


def own_address(written: str, kind: ChannelKind, region: str, argument: str = "--address") -> str:
    """Return the canonical form of a channel's own address; of two forms the one that was typed.

    `argument` is what the operator calls it.

    Raises: OperatorError for what nobody could send to.
    """
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise OperatorError("--region must be an ISO 3166 country of two letters, such as US")
    canonical = canonicalise(written, kind, region)
    if canonical.is_validated:
        return canonical.written or canonical.address.value
    if kind == "email":
        raise OperatorError(f"{argument} must be an e-mail address, such as help@example.com")
    if canonical.address.kind == "handle" and _HANDLE.fullmatch(canonical.address.value):
        return canonical.written or canonical.address.value
    raise OperatorError(
        f"{argument} must be a phone number of {region} or one with + and country code, "
        "a short code, or an alphanumeric sender"
    )

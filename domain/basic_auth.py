"""Checks a password that a provider was given with the webhook URL (`https://name:password@...`).

For providers that sign nothing, or nothing that can be checked at once. Any name will do. A
password is compared by its hash, so that no explanation of a verdict shows one. Source: RFC 7617.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256
from urllib.parse import unquote_to_bytes

from domain.delivery import Delivery
from domain.signature import Checked, SignedContent, encode_secrets, is_same

_BASIC = re.compile(r"\s*basic\s+([A-Za-z0-9+/]+={0,2})\s*", re.IGNORECASE)
_IN_QUERY = re.compile(r"(?<=[?&]password=)[^&#]*")
_HIDDEN = "***"


def password_content(
    delivery: Delivery, secrets: Sequence[str], *, in_query: bool = False
) -> SignedContent:
    """Say which password came with a delivery; it vouches for who posts, not for what is posted.

    With `in_query` it may be in the URL (`?password=...`), for who shows credentials only after a
    challenge.
    """
    given = _password(delivery.headers.get("authorization", ""))
    if given is None and in_query:
        given = _queried(delivery.url)
    return SignedContent(
        received=() if given is None else (sha256(given).hexdigest(),),
        bases=(b"",),
        keys=tuple(encode_secrets(secrets)),
        scheme=_SCHEME,
    )


def basic_credentials(name: str, password: str) -> str:
    """Write the header that shows a name and a password."""
    both = f"{name}:{password.strip()}".encode("utf-8", "surrogatepass")
    return "Basic " + b64encode(both).decode()


def without_password(url: str) -> str:
    """Hide the password in the query of a URL, for who keeps or shows it."""
    return _IN_QUERY.sub(_HIDDEN, url)


def _queried(url: str) -> bytes | None:
    found = _IN_QUERY.search(url)
    return unquote_to_bytes(found[0].encode("utf-8", "surrogatepass")) if found else None


def _password(header: str) -> bytes | None:
    found = _BASIC.fullmatch(header)
    if found is None:
        return None
    try:
        credentials = b64decode(found[1], validate=True)
    except ValueError:
        return None
    _, colon, password = credentials.partition(b":")
    return password if colon else None


def _is_right(key: bytes, base: bytes, given: str) -> bool:
    return is_same(given, sha256(key).hexdigest())


_SCHEME = Checked(check=_is_right)

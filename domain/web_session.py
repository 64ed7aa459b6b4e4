"""A login to the page: what its cookie proves and what its forms must carry. Knows no storage.

The token of a form is derived from the cookie, so nobody who cannot read the cookie can make it.
"""

import hmac
from hashlib import sha256

COOKIE = "inlet_session"
CSRF_HEADER = "x-csrf-token"
CSRF_FIELD = "csrf_token"


def hash_session(token: str) -> bytes:
    """Hash a cookie as it is stored and looked up.

    Shape: 32 bytes.
    """
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def csrf_token(token: str) -> str:
    """Derive what every change made under this cookie must repeat."""
    return hmac.digest(token.encode("utf-8", "surrogatepass"), b"csrf", "sha256").hex()


def is_csrf_token(given: str, token: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), csrf_token(token).encode())

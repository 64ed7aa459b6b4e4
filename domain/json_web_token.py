"""Checks JSON Web Tokens that are signed with a shared secret: by HS256, unless told otherwise.

What they claim is for whoever knows the claims. Sources: RFC 7515, RFC 7518 section 3.2, RFC 7519.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Mapping
from types import MappingProxyType

import msgspec

from domain.signature import is_same

_LONGEST = 8_192
_DIGESTS = MappingProxyType({"HS256": "sha256", "HS384": "sha384", "HS512": "sha512"})
_BY_ITSELF = frozenset({"HS256"})
_OBJECT = msgspec.json.Decoder(dict[str, object])
_HEADER = msgspec.json.encode({"alg": "HS256", "typ": "JWT"})


def bearer_token(authorization: str) -> str | None:
    """Return the token of an Authorization header that has one."""
    scheme, _, token = authorization.strip().partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def claims_of(token: str) -> Mapping[str, object]:
    """Read what a token claims, whoever signed it; nothing of what is no token."""
    parts = token.split(".")
    return _object(parts[1]) if len(parts) == 3 else {}


def is_token_signed(token: str, key: bytes, algorithms: Collection[str] = _BY_ITSELF) -> bool:
    """Say whether a token is signed with a key, by one of the algorithms that are expected."""
    signed, _, signature = token.rpartition(".")
    header, dot, _ = signed.partition(".")
    algorithm = _object(header).get("alg") if dot else None
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        return False
    return is_same(signature, _signature(signed, key, _DIGESTS[algorithm]))


def sign_token(claims: Mapping[str, object], key: bytes) -> str:
    """Write a token."""
    signed = f"{_base64(_HEADER)}.{_base64(msgspec.json.encode(claims))}"
    return f"{signed}.{_signature(signed, key, 'sha256')}"


def _signature(signed: str, key: bytes, digest: str) -> str:
    return _base64(hmac.digest(key, signed.encode("utf-8", "surrogatepass"), digest))


def _object(part: str) -> Mapping[str, object]:
    if len(part) > _LONGEST:
        return {}
    try:
        padded = part.encode("ascii") + b"=" * (-len(part) % 4)
        return _OBJECT.decode(urlsafe_b64decode(padded))
    except (ValueError, RecursionError):
        return {}


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()

"""What the token in MessageBird's header vouches for: the whole URL, and the bytes of the body.

The header is MessageBird-Signature-JWT. Claims: iss, nbf, exp, jti, url_hash, payload_hash.
Source: messagebird/request_validator.py of https://github.com/messagebird/python-rest-api
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from domain.delivery import Delivery
from domain.json_web_token import claims_of, is_token_signed
from domain.signature import Checked, SignedContent, encode_secrets, is_same, spell_ports
from domain.timestamp import parse_timestamp

_TOLERANCE = timedelta(minutes=5)  # of clocks; a token is good for a minute
_ALGORITHMS = frozenset({"HS256", "HS384", "HS512"})  # as MessageBird's own libraries have it


def signed_content(delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
    """Say what the token was made for: the URL, a line's end, which no URL has, and the body."""
    token = delivery.headers.get("messagebird-signature-jwt", "").strip()
    urls = spell_ports(delivery.url)
    return SignedContent(
        received=(token,) if token else (),
        bases=tuple([_encoded(url) + b"\n" + delivery.body for url in urls]),
        keys=tuple(encode_secrets(secrets)),
        scheme=_TOKEN,
        refusal=_refusal(claims_of(token), now),
    )


def _refusal(claims: Mapping[str, object], now: datetime) -> str | None:
    """Refuse what is not good yet or no more; a token that says neither is good for nothing."""
    begin, end = (parse_timestamp(claims.get(name)) for name in ("nbf", "exp"))
    is_current = begin and end and begin - _TOLERANCE <= now <= end + _TOLERANCE
    return None if is_current else "stale_signature"


def _is_signed(key: bytes, base: bytes, given: str) -> bool:
    """Check a token, and that it was made for this URL and this body.

    One that was made for no body is good for no other: without its hash there must be none.
    """
    claims = claims_of(given)
    url, _, body = base.partition(b"\n")
    is_whole = _is_hash(claims.get("url_hash"), url) and (
        _is_hash(claims.get("payload_hash"), body) if body else not claims.get("payload_hash")
    )
    is_signed = is_token_signed(given, key, _ALGORITHMS)
    return is_signed and is_whole and claims.get("iss") == "MessageBird"


def _is_hash(told: object, content: bytes) -> bool:
    return isinstance(told, str) and is_same(told.lower(), sha256(content).hexdigest())


def _encoded(url: str) -> bytes:
    return url.encode("utf-8", "surrogatepass")


_TOKEN = Checked(check=_is_signed)

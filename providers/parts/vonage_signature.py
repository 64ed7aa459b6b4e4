"""What Vonage signs: each field of its SMS API, with `sig` as one more; the body of its Messages
API, by the hash in a token.

Source: https://developer.vonage.com/en/getting-started/concepts/signing-messages
Source: https://developer.vonage.com/en/getting-started/concepts/webhooks (signed webhooks)
"""

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import md5, sha256

from domain.delivery import Delivery
from domain.errors import Unreadable
from domain.form import form_bytes
from domain.json_web_token import bearer_token, claims_of, is_token_signed
from domain.signature import Checked, Computed, SignedContent, is_same
from domain.signing_method import keyed_secrets, method_and_key
from domain.timestamp import parse_timestamp
from providers.parts.vonage_fields import fields_in

# Vonage posts receipts for 72 hours, and its pages do not say whether with the first time.
# https://api.support.vonage.com/hc/en-us/articles/226572227
_TOLERANCE = timedelta(hours=73)
_METHODS = frozenset({b"md5hash", b"md5", b"sha1", b"sha256", b"sha512"})
_DEFAULT_METHOD = b"sha256"


def signed_content(delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
    """Say what was signed; which of the two, the request says, and each needs the secret."""
    token = bearer_token(delivery.headers.get("authorization", ""))
    return _by_token(delivery, token, secrets, now) if token else _by_field(delivery, secrets, now)


def signed_fields(fields: Mapping[str, str]) -> bytes:
    """Write all fields but the signature, in order; what separates them is none of their values."""
    written = [
        f"&{name}={value.translate(_SEPARATORS)}"
        for name, value in sorted(fields.items())
        if name != "sig"
    ]
    return "".join(written).encode("utf-8", "surrogatepass")


def sign_fields(secret: bytes, base: bytes) -> str:
    """Sign by the method that a secret begins with (`sha512:SECRET`), or by HMAC with SHA-256.

    The method is the secret's: no request chooses it.
    """
    method, key = _method_and_key(secret)
    if method == b"md5hash":
        return md5(base + key, usedforsecurity=False).hexdigest()
    return hmac.digest(key, base, method.decode()).hex()


def _by_field(delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
    fields = _fields(delivery)
    given = fields.get("sig")
    moment = parse_timestamp(fields.get("timestamp"))
    return SignedContent(
        received=(given.lower(),) if given else (),
        bases=(signed_fields(fields),),
        keys=keyed_secrets(secrets, _METHODS),
        scheme=_FIELDS,
        refusal=_refusal(moment or parse_timestamp(fields.get("message-timestamp")), now),
    )


def _fields(delivery: Delivery) -> Mapping[str, str]:
    try:
        return fields_in(form_bytes(delivery))
    except Unreadable:
        return {}


def _by_token(
    delivery: Delivery, token: str, secrets: Sequence[str], now: datetime
) -> SignedContent:
    """Say what the token vouches for: the body, and nothing of the URL."""
    moment = parse_timestamp(claims_of(token).get("iat"))
    is_covered = delivery.method == "POST"
    return SignedContent(
        received=(token,),
        bases=(delivery.body,),
        keys=tuple(_method_and_key(secret)[1] for secret in keyed_secrets(secrets, _METHODS)),
        scheme=_TOKEN,
        refusal=_refusal(moment, now) if is_covered else "body_not_signed",
    )


def _refusal(moment: datetime | None, now: datetime) -> str | None:
    is_fresh = moment is not None and abs(now - moment) <= _TOLERANCE
    return None if is_fresh else "stale_signature"


def _method_and_key(secret: bytes) -> tuple[bytes, bytes]:
    return method_and_key(secret, _METHODS, _DEFAULT_METHOD)


def _is_signed(key: bytes, base: bytes, given: str) -> bool:
    """Check a token, and that its hash is that of the body; one without it vouches for nothing."""
    told = claims_of(given).get("payload_hash")
    is_whole = isinstance(told, str) and is_same(told.lower(), sha256(base).hexdigest())
    return is_token_signed(given, key) and is_whole


_SEPARATORS = str.maketrans("&=", "__")
_FIELDS = Computed(sign=sign_fields)
_TOKEN = Checked(check=_is_signed)

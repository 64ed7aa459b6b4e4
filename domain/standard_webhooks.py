"""Standard Webhooks, which several providers speak: HMAC-SHA256 over id, time and body.

Svix, from which they come, calls the three headers `svix-...`.
Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
Source: https://docs.svix.com/receiving/verifying-payloads/how-manual
"""

import hmac
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from domain.signature import Computed, SignedContent

HeaderPrefix = Literal["webhook", "svix"]

TOLERANCE = timedelta(minutes=5)
_PREFIX = "whsec_"


def standard_webhook(
    headers: Mapping[str, str],
    body: bytes,
    secrets: Sequence[str],
    now: datetime,
    *,
    prefix: HeaderPrefix = "webhook",
) -> SignedContent:
    """Say what was signed: any `v1` signature by any secret will do."""
    message_id = headers.get(f"{prefix}-id")
    timestamp = headers.get(f"{prefix}-timestamp")
    signatures = headers.get(f"{prefix}-signature")
    keys = tuple(filter(len, map(secret_key, secrets)))
    if not message_id or not timestamp or not signatures:
        return SignedContent(received=(), bases=(), keys=keys, scheme=_SCHEME)
    return SignedContent(
        received=_given(signatures),
        bases=(_base(message_id, timestamp, body),),
        keys=keys,
        scheme=_SCHEME,
        refusal=None if _is_fresh(timestamp, now) else "stale_signature",
    )


def sign_standard_webhook(
    message_id: str,
    body: bytes,
    secret: str,
    now: datetime,
    *,
    prefix: HeaderPrefix = "webhook",
) -> dict[str, str]:
    """Make the three headers of a signed request."""
    timestamp = str(int(now.timestamp()))
    return {
        f"{prefix}-id": message_id,
        f"{prefix}-timestamp": timestamp,
        f"{prefix}-signature": _sign(secret_key(secret), _base(message_id, timestamp, body)),
    }


def sign_with_each(
    message_id: str, body: bytes, secrets: Sequence[str], now: datetime
) -> dict[str, str]:
    """Make the headers of a request that whoever has any of the secrets can verify."""
    signed = [sign_standard_webhook(message_id, body, secret, now) for secret in secrets]
    signatures = " ".join(headers["webhook-signature"] for headers in signed)
    return {**signed[0], "webhook-signature": signatures}


def json_headers(identity: str, body: bytes, secret: str | None, now: datetime) -> dict[str, str]:
    """Make the headers of JSON that is posted, signed where there is a secret."""
    signature = sign_standard_webhook(identity, body, secret, now) if secret else {}
    return {"content-type": "application/json", **signature}


def secret_key(secret: str) -> bytes:
    """Decode the base64 after `whsec_`; a secret that is not base64 is used as its own bytes.

    Shape: empty for a blank secret, which anybody could sign with: it must never verify.
    """
    text = secret.strip()
    try:
        return b64decode(text.removeprefix(_PREFIX), validate=True)
    except (Base64Error, ValueError):
        return text.encode("utf-8", "surrogatepass")


def _given(signatures: str) -> tuple[str, ...]:
    """List the signatures; a header without any of this version is one that cannot be right."""
    return tuple([part for part in signatures.split() if part.startswith("v1,")]) or (signatures,)


def _base(message_id: str, timestamp: str, body: bytes) -> bytes:
    return f"{message_id}.{timestamp}.".encode("utf-8", "surrogatepass") + body


def _sign(key: bytes, base: bytes) -> str:
    return "v1," + b64encode(hmac.digest(key, base, "sha256")).decode()


def _is_fresh(timestamp: str, now: datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11):
        return False
    return abs(now.timestamp() - int(timestamp)) <= TOLERANCE.total_seconds()


_SCHEME = Computed(sign=_sign)

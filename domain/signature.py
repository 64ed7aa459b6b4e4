"""Constant-time signature checks shared by providers. Knows no provider's header names but
those of Standard Webhooks, which several providers speak.
"""

import hmac
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from types import MappingProxyType

from domain.delivery import AUTHENTIC, SignatureCheck, Verdict

TOLERANCE = timedelta(minutes=5)
_PREFIX = "whsec_"
_ORIGIN = re.compile(r"(https?)://([^/?#]*)", re.IGNORECASE)
_PORT = re.compile(r":[0-9]*\Z")
_DEFAULT_PORTS = MappingProxyType({"http": "80", "https": "443"})


def refused(reason: str) -> Verdict:
    """Say why a delivery is not authentic."""
    return Verdict(is_authentic=False, reason=reason)


def is_same(given: str, expected: str) -> bool:
    """Compare in constant time; text of any alphabet is allowed on the caller's side."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode())


def has_same(given: Sequence[str], expected: Sequence[str]) -> bool:
    """Say whether any two are the same, each compared in constant time."""
    return any([is_same(one, other) for one in given for other in expected])


def spell_ports(url: str) -> Sequence[str]:
    """Spell a URL with and without its port: some senders sign either, whatever they were told.

    Shape: the URL as it is comes first.
    """
    origin = _ORIGIN.match(url)
    if not origin:
        return (url,)
    scheme, host, rest = origin[1], origin[2], url[origin.end() :]
    bare = _PORT.sub("", host)
    other = f"{host}:{_DEFAULT_PORTS[scheme.lower()]}" if bare == host else bare
    return (url, f"{scheme}://{other}{rest}")


def verify_standard_webhook(
    headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime
) -> Verdict:
    """Check Standard Webhooks HMAC-SHA256: any `v1` signature by any secret will do.

    Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    message_id = headers.get("webhook-id")
    timestamp = headers.get("webhook-timestamp")
    signatures = headers.get("webhook-signature")
    if not message_id or not timestamp or not signatures:
        return refused("missing_signature")
    keys = [key for key in map(secret_key, secrets) if key]
    if not keys:
        return refused("no_secret")
    if not _is_fresh(timestamp, now):
        return refused("stale_signature")
    expected = [_signature(message_id, timestamp, body, key) for key in keys]
    is_match = has_same(_given(signatures), expected)
    return AUTHENTIC if is_match else refused("bad_signature")


def explain_standard_webhook(
    headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime
) -> SignatureCheck:
    """Show how `verify_standard_webhook` came to its verdict."""
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    given = _given(headers.get("webhook-signature", ""))
    keys = [key for key in map(secret_key, secrets) if key]
    expected = [_signature(message_id, timestamp, body, key) for key in keys]
    return SignatureCheck(
        verdict=verify_standard_webhook(headers, body, secrets, now),
        is_match=bool(message_id and timestamp) and has_same(given, expected),
        base=f"{message_id}.{timestamp}." + body.decode("utf-8", "replace"),
        expected=tuple(f"v1,{one}" for one in expected),
        received=tuple(f"v1,{one}" for one in given),
    )


def sign_standard_webhook(
    message_id: str, body: bytes, secret: str, now: datetime
) -> dict[str, str]:
    """Make the three headers that `verify_standard_webhook` accepts."""
    timestamp = str(int(now.timestamp()))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": "v1," + _signature(message_id, timestamp, body, secret_key(secret)),
    }


def secret_key(secret: str) -> bytes:
    """Decode the base64 after `whsec_`; a secret that is not base64 is used as its own bytes.

    Shape: empty for a blank secret, which anybody could sign with: it must never verify.
    """
    text = secret.strip()
    try:
        return b64decode(text.removeprefix(_PREFIX), validate=True)
    except (Base64Error, ValueError):
        return text.encode("utf-8", "surrogatepass")


def _given(signatures: str) -> list[str]:
    return [part[3:] for part in signatures.split() if part.startswith("v1,")]


def _signature(message_id: str, timestamp: str, body: bytes, key: bytes) -> str:
    head = f"{message_id}.{timestamp}.".encode("utf-8", "surrogatepass")
    return b64encode(hmac.digest(key, head + body, sha256)).decode()


def _is_fresh(timestamp: str, now: datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11):
        return False
    return abs(now - datetime.fromtimestamp(int(timestamp), UTC)) <= TOLERANCE

"""What Bird signs: the time and the URL, as they are, and the body by its hash, as bytes.

Source: https://docs.bird.com/api/notifications-api/api-reference/webhooks/verifying-a-webhook
"""

import hmac
from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from domain.delivery import Delivery
from domain.signature import Computed, SignedContent, encode_secrets, spell_ports
from domain.timestamp import parse_timestamp

# Bird tries for 8 hours, and does not say whether with the first time.
# https://docs.bird.com/api/notifications-api/api-reference/webhooks
_TOLERANCE = timedelta(hours=9)


def signed_content(delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
    """Say what was signed: the time, the URL and the body, each on a line."""
    given = delivery.headers.get("messagebird-signature", "").strip()
    timestamp = delivery.headers.get("messagebird-request-timestamp", "").strip()
    moment = parse_timestamp(timestamp)
    is_fresh = moment is not None and abs(now - moment) <= _TOLERANCE
    return SignedContent(
        received=(given,) if given else (),
        bases=tuple([_base(timestamp, url, delivery.body) for url in spell_ports(delivery.url)]),
        keys=tuple(encode_secrets(secrets)),
        scheme=_SCHEME,
        refusal=None if is_fresh else "stale_signature",
    )


def _base(timestamp: str, url: str, body: bytes) -> bytes:
    return f"{timestamp}\n{url}\n".encode("utf-8", "surrogatepass") + body


def _sign(key: bytes, base: bytes) -> str:
    """Sign the base, its body by its hash; neither a header nor a URL has a line's end."""
    timestamp, url, body = base.split(b"\n", 2)
    hashed = b"\n".join((timestamp, url, sha256(body).digest()))
    return b64encode(hmac.digest(key, hashed, "sha256")).decode()


_SCHEME = Computed(sign=_sign)

"""What Twilio signs: the URL and every field of a form, or the hash of another body in the URL.

A bare secret is the account's auth token, which signs with SHA-1. One that is written
`sha256:SECRET` is a SharedKey whose setting has HMAC_SHA256, and `sha1:SECRET` one with HMAC_SHA1.
Source: https://www.twilio.com/docs/usage/webhooks/webhooks-security
Source: https://www.twilio.com/docs/usage/webhooks/webhook-shared-keys
"""

import hmac
import re
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256

from domain.delivery import Delivery
from domain.signature import Computed, SignedContent, is_same, spell_ports
from domain.signed_form import signed_text
from domain.signing_method import keyed_secrets, method_and_key

_METHODS = frozenset({b"sha1", b"sha256"})
_DEFAULT_METHOD = b"sha1"
_BODY_HASH = re.compile(r"[?&]bodySHA256=([0-9a-fA-F]{64})(?=[&#]|\Z)")


def signed_content(delivery: Delivery, secrets: Sequence[str]) -> SignedContent:
    """Say what was signed.

    X-Twilio-Webhooks-Signature-Settings, which names key and algorithm, is not read: each secret
    has its own algorithm, or a caller could choose one.
    """
    given = delivery.headers.get("x-twilio-signature")
    text, refusal = signed_text(delivery, _has_body_hash)
    urls = () if refusal else spell_ports(delivery.url)
    return SignedContent(
        received=(given,) if given else (),
        bases=tuple([(url + text).encode("utf-8", "surrogatepass") for url in urls]),
        keys=keyed_secrets(secrets, _METHODS),
        scheme=_SCHEME,
        refusal=refusal,
    )


def sign(secret: bytes, base: bytes) -> str:
    """Sign with a secret by its own method."""
    method, key = method_and_key(secret, _METHODS, _DEFAULT_METHOD)
    return b64encode(hmac.digest(key, base, method.decode())).decode()


def is_shared_key(secret: bytes) -> bool:
    """Say whether a secret is that of a SharedKey with SHA-256, of which a header tells."""
    return method_and_key(secret, _METHODS, _DEFAULT_METHOD)[0] == b"sha256"


def _has_body_hash(delivery: Delivery) -> bool:
    """Say whether the signed URL has the hash of the body, as it does where that is no form."""
    claimed = _BODY_HASH.search(delivery.url)
    return claimed is not None and is_same(claimed[1].lower(), sha256(delivery.body).hexdigest())


_SCHEME = Computed(sign=sign)

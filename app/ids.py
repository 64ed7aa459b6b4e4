"""Where ids, tokens and keys come from: the only place that draws random numbers for them."""

import secrets
from base64 import b64encode

from uuid_utils import uuid7


def new_id() -> str:
    """Make a UUIDv7: it sorts by time of making."""
    return str(uuid7())


def new_token() -> str:
    """Make the unguessable last part of a webhook URL: 144 random bits."""
    return secrets.token_urlsafe(18)


def new_reply_key() -> bytes:
    """Make the key that signs a channel's reply addresses."""
    return secrets.token_bytes(32)


def new_key() -> str:
    """Make an API key: 256 random bits behind a prefix that scanners for leaks can look for."""
    return "inlet_" + secrets.token_urlsafe(32)


def new_hook_secret() -> str:
    """Make the secret of a hook, as Standard Webhooks writes it: 256 random bits."""
    return "whsec_" + b64encode(secrets.token_bytes(32)).decode()

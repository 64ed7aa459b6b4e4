"""Secrets that say by which method they sign, as `sha256:SECRET`: no request chooses a weaker one.

A secret that says nothing signs by the method that its provider uses by itself.
"""

from collections.abc import Collection, Sequence

from domain.signature import encode_secrets


def method_and_key(
    secret: bytes, methods: Collection[bytes], default: bytes
) -> tuple[bytes, bytes]:
    """Take a secret apart; what stands before a colon is a method only if it is a known one."""
    method, colon, key = secret.partition(b":")
    return (method, key) if colon and method in methods else (default, secret)


def keyed_secrets(secrets: Sequence[str], methods: Collection[bytes]) -> tuple[bytes, ...]:
    """List the secrets that have a key: with a method alone anybody could sign."""
    return tuple(
        [secret for secret in encode_secrets(secrets) if method_and_key(secret, methods, b"")[1]]
    )

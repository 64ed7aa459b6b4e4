"""Checks Ed25519 signatures by public keys as providers show them: 32 bytes in base64.

A secret that begins with `whsec_` is no public key but what a key pair is made of, for whoever
plays a provider: anybody may know a public key, and nobody can sign with it.
Source: RFC 8032 section 5.1.5.
"""

from base64 import b64decode, b64encode
from functools import lru_cache
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from domain.signature import Checked

_PREFIX = b"whsec_"


def makes_keys(secret: str) -> bool:
    """Say whether a secret makes a key pair, so that who knows it can sign."""
    return secret.strip().startswith(_PREFIX.decode())


def sign_ed25519(secret: str, base: bytes) -> str:
    """Sign with the key pair that a secret makes."""
    private_key = _private_key(secret.strip().encode("utf-8", "surrogatepass"))
    return b64encode(private_key.sign(base)).decode()


def _private_key(secret: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(sha256(secret).digest())


@lru_cache(maxsize=256)
def _public_key(written: bytes) -> Ed25519PublicKey | None:
    if written.startswith(_PREFIX):  # nothing after it is what anybody could sign with
        return _private_key(written).public_key() if written != _PREFIX else None
    try:
        return Ed25519PublicKey.from_public_bytes(b64decode(written, validate=True))
    except ValueError:
        return None


def _is_signed(key: bytes, base: bytes, given: str) -> bool:
    public_key = _public_key(key)
    if public_key is None:
        return False
    try:
        public_key.verify(b64decode(given.encode("ascii"), validate=True), base)
    except (InvalidSignature, ValueError):
        return False
    return True


ED25519 = Checked(check=_is_signed)

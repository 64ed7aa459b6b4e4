"""Checks ECDSA signatures by public keys as providers write them: base64 of an SPKI, no armour.

Source: FIPS 186-5; RFC 5280 section 4.1.2.7.
"""

from base64 import b64decode
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from domain.signature import Checked


def is_public_key(secret: str) -> bool:
    """Say whether a secret is a public key, which anybody may know and which proves nothing."""
    return _key(secret.strip().encode("utf-8", "surrogatepass")) is not None


@lru_cache(maxsize=256)
def _key(written: bytes) -> EllipticCurvePublicKey | None:
    try:
        key = load_der_public_key(b64decode(written, validate=True))
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, EllipticCurvePublicKey) else None


def _is_signed(key: bytes, base: bytes, given: str) -> bool:
    public_key = _key(key)
    if public_key is None:
        return False
    try:
        signature = b64decode(given.encode("ascii"), validate=True)
        public_key.verify(signature, base, ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


ECDSA_SHA256 = Checked(check=_is_signed)

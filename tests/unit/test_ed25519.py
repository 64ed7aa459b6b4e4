"""The vectors of RFC 8032 section 7.1."""

from base64 import b64encode

import pytest

from domain.ed25519 import ED25519

# Public key, message, signature.
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e3970"
        "1cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613"
        "d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
]


def _written(digits: str) -> str:
    return b64encode(bytes.fromhex(digits)).decode()


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_signatures_are_checked_as_the_rfc_says(key: str, message: str, signature: str) -> None:
    public_key, base = _written(key).encode(), bytes.fromhex(message)
    assert ED25519.check(public_key, base, _written(signature))
    assert not ED25519.check(public_key, base + b"x", _written(signature))
    assert not ED25519.check(public_key, base, _written(signature[:-2]))

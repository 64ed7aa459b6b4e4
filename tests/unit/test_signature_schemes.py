"""Schemes that only check: a public key, as of a provider that signs with its private one.

Source: RFC 8032 (Ed25519); the verdicts are those of every other scheme.
"""

from dataclasses import dataclass

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from domain.signature import Checked, SignedContent, explain_signature, verify

_PRIVATE = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
_KEY = _PRIVATE.public_key().public_bytes_raw()
_OTHER = Ed25519PrivateKey.from_private_bytes(b"\x08" * 32).public_key().public_bytes_raw()


def _check(key: bytes, base: bytes, given: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(bytes.fromhex(given), base)
    except (InvalidSignature, ValueError):
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    reason: str
    body: bytes = b"1730469600|Hello"
    keys: tuple[bytes, ...] = (_OTHER, _KEY)
    received: tuple[str, ...] = (_PRIVATE.sign(b"1730469600|Hello").hex(),)
    refusal: str | None = None


@pytest.mark.parametrize(
    "case",
    [
        Case(reason="verified"),
        Case(reason="bad_signature", body=b"1730469600|Hullo"),
        Case(reason="bad_signature", keys=(_OTHER,)),
        Case(reason="bad_signature", received=("no hex",)),
        Case(reason="no_secret", keys=()),
        Case(reason="missing_signature", received=()),
        Case(reason="stale_signature", refusal="stale_signature"),
    ],
)
def test_a_public_key_checks_and_shows_nothing_to_expect(case: Case) -> None:
    signed = SignedContent(
        received=case.received,
        bases=(case.body,),
        keys=case.keys,
        scheme=Checked(check=_check),
        refusal=case.refusal,
    )
    assert verify(signed).reason == case.reason
    shown = explain_signature(signed)
    assert shown.verdict == verify(signed)
    assert shown.is_match == (case.reason in {"verified", "stale_signature"})
    assert (shown.expected, shown.received) == ((), case.received)
    assert shown.base == case.body.decode()

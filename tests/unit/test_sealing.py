"""Channel secrets at rest: only the key that sealed them opens them, and changes are noticed."""

import pytest

from domain.errors import OperatorError
from domain.sealing import Sealer

SECRETS = ("whsec_bmV3", "old ünïcode 🔑")


def test_what_was_sealed_opens_again_in_order() -> None:
    assert Sealer("a key").open(Sealer("a key").seal(SECRETS)) == SECRETS


def test_the_same_secrets_never_look_the_same() -> None:
    sealer = Sealer("a key")
    assert sealer.seal(SECRETS) != sealer.seal(SECRETS)


def test_sealed_bytes_do_not_hold_the_secret() -> None:
    assert b"whsec_bmV3" not in Sealer("a key").seal(SECRETS)


def test_nothing_stored_means_no_secrets() -> None:
    assert Sealer("a key").open(None) == ()


def test_another_key_is_told_in_one_line() -> None:
    sealed = Sealer("a key").seal(SECRETS)
    with pytest.raises(OperatorError, match="SECRET_KEY does not open"):
        Sealer("another key").open(sealed)


def test_changed_bytes_do_not_open() -> None:
    sealed = bytearray(Sealer("a key").seal(SECRETS))
    sealed[40] ^= 1
    with pytest.raises(OperatorError):
        Sealer("a key").open(bytes(sealed))

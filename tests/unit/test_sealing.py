"""Channel secrets at rest: only the key that sealed them opens them, in their place alone."""

from dataclasses import replace

import pytest

from domain.errors import OperatorError
from domain.sealing import SealedPlace, Sealer

SECRETS = ("whsec_bmV3", "old ünïcode 🔑")
PLACE = SealedPlace(customer_id=1, holder_id="c-1", column="secrets")
# What version 0.2 sealed with "a key": without a place.
OF_BEFORE = (
    b"gAAAAABrDJaxjDmiBZn-JmMgzdOFPz4zS_CmFtSJStwYcIvEaHsnQa-7Z2fQ7MKBpMzNvr10rmRcX799"
    b"AQNR_Y83RzvJNIb6JlLTYCm0zUOQMIK5DhCwTZNAZway1gGg8D14aogtiQHw"
)


def test_what_was_sealed_opens_again_in_order() -> None:
    assert Sealer("a key").open(Sealer("a key").seal(SECRETS, PLACE), PLACE) == SECRETS


def test_the_same_secrets_never_look_the_same() -> None:
    sealer = Sealer("a key")
    assert sealer.seal(SECRETS, PLACE) != sealer.seal(SECRETS, PLACE)


def test_sealed_bytes_do_not_hold_the_secret() -> None:
    assert b"whsec_bmV3" not in Sealer("a key").seal(SECRETS, PLACE)


def test_nothing_stored_means_no_secrets() -> None:
    assert Sealer("a key").open(None, PLACE) == ()


def test_another_key_is_told_in_one_line() -> None:
    sealed = Sealer("a key").seal(SECRETS, PLACE)
    with pytest.raises(OperatorError, match="SECRET_KEY does not open"):
        Sealer("another key").open(sealed, PLACE)


@pytest.mark.parametrize("position", [0, 1, 9, 21, 40, -1])
def test_changed_bytes_do_not_open(position: int) -> None:
    sealed = bytearray(Sealer("a key").seal(SECRETS, PLACE))
    sealed[position] ^= 1
    for damaged in (bytes(sealed), bytes(sealed)[:20], b"", b"\x02"):
        with pytest.raises(OperatorError):
            Sealer("a key").open(damaged, PLACE)


@pytest.mark.parametrize(
    "place",
    [
        replace(PLACE, customer_id=2),
        replace(PLACE, holder_id="c-2"),
        replace(PLACE, column="credential"),
    ],
)
def test_a_value_that_was_moved_does_not_open(place: SealedPlace) -> None:
    sealed = Sealer("a key").seal(SECRETS, PLACE)
    with pytest.raises(OperatorError):
        Sealer("a key").open(sealed, place)


def test_an_older_key_opens_and_the_newest_seals() -> None:
    sealed = Sealer("old").seal(SECRETS, PLACE)
    sealer = Sealer("new", ["old"])
    assert sealer.open(sealed, PLACE) == SECRETS
    assert not sealer.is_newest(sealed)
    anew = sealer.seal(SECRETS, PLACE)
    assert sealer.is_newest(anew)
    assert Sealer("new").open(anew, PLACE) == SECRETS


def test_what_a_newer_key_sealed_opens_once_that_is_read() -> None:
    keys = ["old"]
    sealer = Sealer("old", read_again=lambda: tuple(keys))
    sealed = Sealer("new").seal(SECRETS, PLACE)
    with pytest.raises(OperatorError):
        sealer.open(sealed, PLACE)
    keys.insert(0, "new")
    assert sealer.open(sealed, PLACE) == SECRETS
    assert sealer.is_newest(sealer.seal(SECRETS, PLACE))


def test_what_was_sealed_before_places_were_bound_opens() -> None:
    sealer = Sealer("new", ["a key"])
    assert sealer.open(OF_BEFORE, PLACE) == SECRETS
    assert not sealer.is_newest(OF_BEFORE)


def test_what_was_read_before_the_old_key_was_forgotten_still_opens() -> None:
    """Rows of before may be at hand while one that is sealed anew is met first."""
    before, after = (Sealer(key).seal(SECRETS, PLACE) for key in ("a key", "a new key"))
    running = Sealer("a key", read_again=lambda: ("a new key",))
    assert running.open(after, PLACE) == SECRETS
    assert running.open(before, PLACE) == SECRETS
    assert Sealer("a new key").open(running.seal(SECRETS, PLACE), PLACE) == SECRETS

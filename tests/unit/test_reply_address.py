"""Reply addresses: who is led where, and that nobody else makes one. Subaddresses: RFC 5233."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.reply_address import answered_message, reply_address, without_token

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
MESSAGE = "01930000-0000-7000-8000-00000000aaaa"


def _address(own_address: str = "help@example.com", key: bytes = KEY) -> str:
    made = reply_address(own_address, MESSAGE, key)
    assert made
    return made


def test_it_belongs_to_the_mailbox_and_leads_to_the_message() -> None:
    address = _address()
    local, _, domain = address.rpartition("@")
    assert local.startswith("help+")
    assert len(local) <= 64
    assert domain == "example.com"
    assert without_token(address) == "help@example.com"
    assert answered_message(address, KEY) == MESSAGE


def test_a_mail_system_may_fold_its_case() -> None:
    assert answered_message(_address().upper(), KEY) == MESSAGE
    assert without_token(_address().upper()) == "HELP@EXAMPLE.COM"


def test_a_mailbox_that_has_a_plus_already_keeps_it() -> None:
    address = _address("help+eu@example.com")
    assert without_token(address) == "help+eu@example.com"
    assert answered_message(address, KEY) == MESSAGE


@pytest.mark.parametrize(
    "own_address", ["a" * 24 + "@example.com", '"help desk"@example.com', "help"]
)
def test_a_mailbox_for_which_it_would_be_no_address_has_none(own_address: str) -> None:
    assert reply_address(own_address, MESSAGE, KEY) is None


def test_the_longest_mailbox_has_one() -> None:
    assert answered_message(_address("a" * 23 + "@example.com"), KEY) == MESSAGE


def test_nobody_makes_one_without_the_key() -> None:
    assert answered_message(_address(key=OTHER_KEY), KEY) is None


@pytest.mark.parametrize("position", range(40))
def test_nobody_changes_one(position: int) -> None:
    address = _address()
    at = len("help+") + position
    changed = address[:at] + ("a" if address[at] != "a" else "b") + address[at + 1 :]
    assert answered_message(changed, KEY) is None


@given(st.text(max_size=80))
def test_whatever_else_is_written_is_no_reply_address(text: str) -> None:
    assert answered_message(text, KEY) is None
    assert answered_message(f"help+{text}@example.com", KEY) is None
    assert answered_message(f"{text}@example.com", KEY) is None


@pytest.mark.parametrize(
    "address",
    [
        "help@example.com",
        "help+orders@example.com",
        "help+" + "a" * 39 + "@example.com",
        "help+" + "1" * 40 + "@example.com",
        "+" + "a" * 40 + "@example.com",
        "help+" + "a" * 40,
        "",
    ],
)
def test_any_other_address_stays_as_it_is(address: str) -> None:
    assert without_token(address) == address

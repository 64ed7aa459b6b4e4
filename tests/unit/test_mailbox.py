"""Mailbox fields as people, programs and forgers write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.mailbox import MOST_MESSAGE_IDS, parse_mailbox, parse_message_ids, split_mailboxes


@pytest.mark.parametrize(
    ("field", "address", "name"),
    [
        ("ann@example.com", "ann@example.com", None),
        (" <ann@example.com> ", "ann@example.com", None),
        ("Ann <ann@example.com>", "ann@example.com", "Ann"),
        ('"Doe, Ann" <ann@example.com>', "ann@example.com", "Doe, Ann"),
        ("a@b.c <evil@x.y>", "evil@x.y", "a@b.c"),
        ('"Bank <help@bank.example>" <evil@x.y>', "evil@x.y", "Bank <help@bank.example>"),
        ("Ann <>", "", "Ann"),
        (">", ">", None),
        ("", "", None),
    ],
)
def test_the_address_is_what_the_last_brackets_hold(
    field: str, address: str, name: str | None
) -> None:
    mailbox = parse_mailbox(field)
    assert (mailbox.address, mailbox.name) == (address, name)


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("", []),
        (" , ,;", []),
        ("a@x", ["a@x"]),
        ("a@x, b@x,c@x", ["a@x", "b@x", "c@x"]),
        ("a@x; b@x", ["a@x", "b@x"]),
        ('"Doe, J; \\"x" <a@x>, b@x', ['"Doe, J; \\"x" <a@x>', "b@x"]),
        ("Ann (Sales, EU) <a@x>, b@x", ["Ann (Sales, EU) <a@x>", "b@x"]),
        ("<a,b@x>, c@[IPv6:::1]", ["<a,b@x>", "c@[IPv6:::1]"]),
        ("undisclosed-recipients:;", []),
        ("Team: a@x, b@x;, c@x", ["a@x", "b@x", "c@x"]),
        ('O"Brien <a@x>, b@x', ['O"Brien <a@x>', "b@x"]),
        ("Joe :) <a@x>, Ann (here <b@x>", [") <a@x>", "Ann (here <b@x>"]),
        ("<a@x, b@x", ["<a@x", "b@x"]),
        ('"a\\', ['"a\\']),
    ],
)
def test_lists_are_split_between_mailboxes(field: str, expected: list[str]) -> None:
    assert split_mailboxes(field) == expected


@given(st.text(st.sampled_from('ab@ ,;:"<>()[]\\'), max_size=60))
def test_splitting_loses_no_address_character_but_group_names(field: str) -> None:
    parts = split_mailboxes(field)
    assert all(part.strip() == part and part in field for part in parts)
    if ":" not in field:
        kept = "".join(parts).replace(" ", "")
        assert set(kept) >= set(field) - set(" ,;")


@pytest.mark.parametrize("mark", [*'"<([,;:\\', '\\"', "<>", "(("])
def test_long_fields_take_no_longer_than_they_are(mark: str) -> None:
    assert isinstance(split_mailboxes(mark * 200_000), list)
    assert isinstance(parse_message_ids(mark * 200_000), tuple)
    assert parse_mailbox(mark * 200_000).address is not None


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("", ()),
        ("<>", ()),
        ("<A@x>", ("A@x",)),
        ("<a@x> <b@x>\r\n\t<c@x>", ("a@x", "b@x", "c@x")),
        ("<a@x>,<b@x><a@x>", ("a@x", "b@x")),
        ('Message from "Ann" of Monday <a@x>', ("a@x",)),
        ("a@x, b@x", ("a@x", "b@x")),
        ("<a@x", ("a@x",)),
        ("x" * 999, ()),
    ],
)
def test_message_ids_are_listed_in_order(field: str, expected: tuple[str, ...]) -> None:
    assert parse_message_ids(field) == expected


def test_the_newest_message_ids_are_kept() -> None:
    field = " ".join(f"<{number}@x>" for number in range(100))
    found = parse_message_ids(field)
    assert len(found) == MOST_MESSAGE_IDS
    assert found[-1] == "99@x"


@given(st.text())
def test_message_ids_never_hold_brackets_at_their_ends_or_space(field: str) -> None:
    for message_id in parse_message_ids(field):
        assert message_id == message_id.strip("<>")
        assert not any(char.isspace() for char in message_id)

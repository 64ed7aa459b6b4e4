"""Message-IDs as programs write them: folded, bare, several, too long, and encoded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.message_id import MOST_MESSAGE_IDS, can_be_referred_to, parse_message_ids


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
        ("<a b\r\n @x>", ("ab@x",)),
        ("abc\r\n def@x", ("abcdef@x",)),
        ("a@x b@x; c@x", ("a@x", "b@x", "c@x")),
        ("a@x <b@x> of Monday", ("a@x", "b@x")),
        ("<<a@x>>", ("a@x",)),
        ("=?utf-8?q?=3Ca=40x=3E?=", ("a@x",)),
    ],
)
def test_message_ids_are_listed_in_order(field: str, expected: tuple[str, ...]) -> None:
    assert parse_message_ids(field) == expected


def test_an_id_longer_than_a_line_is_known_by_its_digest_and_never_written() -> None:
    long, longer = "x" * 999 + "@x", "x" * 1000 + "@x"
    (found,) = parse_message_ids(f"<{long}>")

    assert parse_message_ids(long) == (found,)
    assert parse_message_ids(longer) != (found,)
    assert len(found) < 100
    assert not can_be_referred_to(found)
    assert can_be_referred_to("a@x")


@pytest.mark.parametrize("filler", [" ", " " * 1_000])
def test_the_first_and_the_newest_message_ids_are_kept(filler: str) -> None:
    field = filler.join(f"<{number}@x>" for number in range(100))
    found = parse_message_ids(field)
    assert len(found) == MOST_MESSAGE_IDS
    assert (found[0], found[-1]) == ("0@x", "99@x")


@pytest.mark.parametrize("mark", [*'<>,;"(= \t', "<a", "=?", "a ", "=?a?q?"])
def test_endless_fields_take_no_longer_than_they_are(mark: str) -> None:
    assert len(parse_message_ids(mark * 1_048_576)) <= MOST_MESSAGE_IDS


@given(st.text())
def test_message_ids_never_hold_brackets_at_their_ends_or_space(field: str) -> None:
    for message_id in parse_message_ids(field):
        assert message_id == message_id.strip("<>")
        assert not any(char.isspace() for char in message_id)

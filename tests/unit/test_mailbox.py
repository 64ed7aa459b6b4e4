"""Mailbox fields as people, programs and forgers write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.mailbox import parse_mailbox, split_mailboxes


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
        ("ann@example.com (Ann Ruiz)", "ann@example.com", "Ann Ruiz"),
        ("<ann@example.com> (via (a) list)", "ann@example.com", None),
        ("ann(home)@(of)example.com", "ann@example.com", "of"),
        ("ann@example.com;", "ann@example.com", None),
        ("Ann; <ann@example.com>,", "ann@example.com", "Ann"),
        ("Ruiz, Ann <ann@example.com>", "ann@example.com", "Ruiz, Ann"),
        ("ann @ example.com.", "ann@example.com", None),
        ("<<ann@example.com>>", "ann@example.com", None),
        ("<@a.example,@b.example:ann@example.com>", "ann@example.com", None),
        ("<mailto:ann@example.com>", "ann@example.com", None),
        ("'ann@example.com'", "ann@example.com", None),
        ("'Ann Ruiz' <ann@example.com>", "ann@example.com", "Ann Ruiz"),
        ('"ann@example.com"', "ann@example.com", None),
        ('"Okafor, \\"CJ\\"" <ann@example.com>', "ann@example.com", 'Okafor, "CJ"'),
        ('"O\'Neil" <ann@example.com>', "ann@example.com", "O'Neil"),
        ("=?UTF-8?Q?J=C3=BCrgen?= =?utf-8?b?IEdyb8Of?= <a@x>", "a@x", "Jürgen Groß"),
        ('"=?iso-8859-1?q?J=FCrgen?=" <a@x>', "a@x", "Jürgen"),
        ("=?utf-8?q?Evil_=3Cevil=40x.y=3E?= <a@x>", "a@x", "Evil <evil@x.y>"),
        ("=?utf-8?q?Ann_=3Cann=40x=2Ey=3E?=", "ann@x.y", "Ann"),
        ("Ann ann@example.com", "Ann ann@example.com", None),
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
        ("Ruiz, Ann <a@x>, b@x", ["Ruiz, Ann <a@x>", "b@x"]),
        ("Smith, John, MD <a@x>; Ben <b@x>", ["Smith, John, MD <a@x>", "Ben <b@x>"]),
        ("nobody, a@x", ["nobody", "a@x"]),
        ("a@x b@x\tc@x", ["a@x", "b@x", "c@x"]),
        ("Ann <a@x> Ben <b@x>", ["Ann <a@x>", "Ben <b@x>"]),
        ("<@p,@q:a@x>, b@x", ["<@p,@q:a@x>", "b@x"]),
        ("<a@x> (one, two), b@x", ["<a@x> (one, two)", "b@x"]),
        ("=?utf-8?q?Ruiz=2C_Ann?= <a@x>, b@x", ["=?utf-8?q?Ruiz=2C_Ann?= <a@x>", "b@x"]),
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


@pytest.mark.parametrize(
    "mark", [*'"<([,;:\\@ >)=', '\\"', "<>", "((", ' "', ',"', "a@b ", "=?", "<@"]
)
def test_long_fields_take_no_longer_than_they_are(mark: str) -> None:
    field = mark * (1_048_576 // len(mark))
    for mailbox in split_mailboxes(field)[:1_000]:
        assert parse_mailbox(mailbox).address is not None
    assert isinstance(parse_mailbox(field).name, str | None)

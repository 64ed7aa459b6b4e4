"""`inlet suppression`: addresses to which nothing is sent, by hand."""

from collections.abc import Callable
from typing import Any

import pytest
from command_line import Inlet, refused
from flows import values

from store.database import connect

Run = Callable[..., Any]

_AUDIT = b"SELECT action || ' ' || detail::text FROM audit WHERE action ~ '^supp' ORDER BY id"


async def _read(url: str, query: bytes) -> list[object]:
    async with await connect(url, "tests") as conn:
        return await values(conn, query)


def test_an_address_is_suppressed_and_written_to_again(
    inlet: Inlet, database_url: str, run: Run
) -> None:
    assert "Every address is written to" in inlet("suppression", "list").out
    added = inlet("suppression", "add", "Ann <Ann@Example.org>", "--json").json
    assert (added["address"], added["reason"]) == ("ann@example.org", "manual")
    assert inlet("suppression", "list", "--json").json == {"items": [added]}
    assert "ann@example.org" in inlet("suppression", "list").out
    lifted = inlet("suppression", "lift", "ANN@example.org", "--json").json
    assert lifted == {"address": "ann@example.org", "lifted": [added]}
    assert inlet("suppression", "list", "--json").json == {"items": []}
    assert "ben@example.org" in inlet("suppression", "add", "ben@example.org").out
    assert "is written to again" in inlet("suppression", "lift", "ben@example.org").out
    assert (
        run(_read, database_url, _AUDIT)
        == [
            'suppression.added {"reason": "manual"}',
            'suppression.lifted {"reason": "manual"}',
        ]
        * 2
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("add", "nobody"), "must be an e-mail address"),
        (("add", "+14155550101"), "must be an e-mail address"),
        (("lift", "a@example.org, b@example.org"), "must be an e-mail address"),
        (("lift", "ann@example.org"), "nothing keeps mail or texts from this address"),
        (("lift", "+14155550101"), "nothing keeps mail or texts from this address"),
        (("list", "--customer", "Acme"), "no customer has this name"),
    ],
)
def test_what_cannot_be_done_is_one_line(inlet: Inlet, words: tuple[str, ...], says: str) -> None:
    refused(inlet("suppression", *words), says)


def test_nothing_is_suppressed_twice_nor_of_our_own(inlet: Inlet) -> None:
    mailbox = ("--name", "help", "--address", "help@example.com")
    assert inlet("channel", "add", "--provider", "generic", "--kind", "email", *mailbox).code == 0
    refused(inlet("suppression", "add", "help@example.com"), "own address")
    inlet("suppression", "add", "ann@example.org")
    refused(inlet("suppression", "add", "ann@example.org"), "already")

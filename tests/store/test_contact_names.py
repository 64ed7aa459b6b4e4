"""What a contact is called before an agent says: as in the mail that it was made for."""

import pytest
from conftest import OpenConnection
from flows import ANN, a_mail, an_sms, make_channel, record, values, work

from domain.message import InboundMessage
from store.database import Connection

_NAMES = b"""
    SELECT a.value || ': ' || coalesce(c.name, '-')
    FROM addresses AS a
    JOIN contacts AS c ON c.customer_id = a.customer_id AND c.id = a.contact_id
    ORDER BY 1
"""


async def test_whoever_writes_first_gets_the_name_in_their_mail(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await _mails(conn, database_url, a_mail("one", '"Ann Lee" <ann@example.org>'))
        assert await values(conn, _NAMES) == ["ann@example.org: Ann Lee"]


async def test_a_later_mail_changes_no_name(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await _mails(conn, database_url, a_mail("one", "Ann <ann@example.org>"))
        await _mails(conn, database_url, a_mail("two", "ben@example.org"))
        await _mails(
            conn,
            database_url,
            a_mail("three", "The Boss <ann@example.org>"),
            a_mail("four", "Ben <ben@example.org>"),
        )
        assert await values(conn, _NAMES) == ["ann@example.org: Ann", "ben@example.org: -"]


async def test_in_one_batch_the_earliest_mail_with_a_name_counts(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await _mails(
            conn,
            database_url,
            a_mail("late", "Late <ann@example.org>", minute=9),
            a_mail("early", "Early <ann@example.org>", minute=3),
            a_mail("bare", "ann@example.org", minute=1),
        )
        assert await values(conn, _NAMES) == ["ann@example.org: Early"]


async def test_what_others_call_somebody_does_not_count(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        mail = a_mail("one", "Ann <ann@example.org>", cc=("Silly Ben <ben@example.org>",))
        await _mails(conn, database_url, mail)
        assert await values(conn, _NAMES) == ["ann@example.org: Ann", "ben@example.org: -"]


async def test_a_text_names_nobody(database_url: str, open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        await record(conn, channel, an_sms("one", ANN))
        await work(database_url)
        assert await values(conn, _NAMES) == [f"{ANN}: -"]


async def test_a_contact_that_an_agent_named_keeps_that_name(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        await _mails(conn, database_url, a_mail("one", "ann@example.org"))
        await conn.execute("UPDATE contacts SET name = 'Ms. Lee'")
        await _mails(conn, database_url, a_mail("two", "Ann <ann@example.org>"))
        assert await values(conn, _NAMES) == ["ann@example.org: Ms. Lee"]


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Zoë  O'Brien", "Zoë O'Brien"),
        ("\u202eeel nnA", "eel nnA"),
        ("A\x07nn\tLee", "Ann Lee"),
        ("李 小龙", "李 小龙"),
        ("support@bank.example", "-"),
        ("+1 415 555 0101", "-"),
        ("n" * 300, "n" * 199 + "…"),
    ],
)
async def test_a_name_is_one_line_and_never_an_address(
    database_url: str, open_connection: OpenConnection, written: str, shown: str
) -> None:
    async with open_connection() as conn:
        await _mails(conn, database_url, a_mail("one", f"{written} <ann@example.org>"))
        assert await values(conn, _NAMES) == [f"ann@example.org: {shown}"]


async def _mails(conn: Connection, database_url: str, *mails: InboundMessage) -> None:
    channel = await make_channel(conn, "email", "email")
    for mail in mails:
        await record(conn, channel, mail)
    await work(database_url)

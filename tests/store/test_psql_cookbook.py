"""Every query of docs/psql.md answers what the seeded data says; a new one needs its rows here."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from conftest import OpenConnection
from cookbook_data import (
    ANA,
    ANA_MAIL,
    BAD_MAIL,
    BEN,
    CODE,
    MESSAGES,
    contact,
    conversation,
    store_cookbook_data,
)

_PAGE = Path(__file__).parents[2] / "docs" / "psql.md"
_SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```sql\n(.*?)^```$", re.MULTILINE | re.DOTALL)

Rows = Sequence[tuple[Any, ...]]


def _read_page() -> dict[str, list[str]]:
    sections = _SECTION.findall(_PAGE.read_text(encoding="utf-8"))
    return {heading: _BLOCK.findall(text) for heading, text in sections}


_QUERIES = _read_page()
_T0 = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=2)


def _at(hours: int, minutes: int = 0) -> datetime:
    return _T0 + timedelta(hours=hours, minutes=minutes)


def _busiest_hours() -> Rows:
    inbound = [row for row in MESSAGES.values() if row[3] == "inbound"]
    hours = Counter(_at(0, row[5]).hour for row in inbound)
    return sorted(hours.items(), key=lambda item: (-item[1], item[0]))[:5]


EXPECTED: dict[str, Rows] = {
    "Messages per hour and channel": [
        (_at(0), "sms", 2),
        (_at(1), "email", 1),
        (_at(1), "sms", 1),
        (_at(2), "email", 1),
        (_at(3), "email", 1),
        (_at(4), "email", 1),
        (_at(24), "sms", 1),
        (_at(47), "sms", 1),
    ],
    "Busiest hours of the day": _busiest_hours(),
    "Busiest addresses": [
        (ANA, 3, 1),
        (ANA_MAIL, 2, 1),
        (BEN, 1, 1),
        (CODE, 1, 1),
        (BAD_MAIL, 1, 1),
    ],
    "Conversations without an answer for four hours": [(conversation("ana"), "sms", [ANA], 3)],
    "Conversations by channel and status": [
        ("email", "open", 1, 3),
        ("email", "spam", 1, 1),
        ("sms", "closed", 1, 1),
        ("sms", "open", 2, 4),
    ],
    "Conversations per participant": [(ANA, 2), (BEN, 1), (CODE, 1), (ANA_MAIL, 1), (BAD_MAIL, 1)],
    "Contacts who came back": [(contact("ana"), [ANA, ANA_MAIL], 2)],
    "How long messages are": [
        ("email", "html", 1, Decimal("14.0"), 14, 14),
        ("email", "text", 3, Decimal("14.3"), 16, 17),
        ("mms", "text", 1, Decimal("2.0"), 2, 2),
        ("sms", "text", 4, Decimal("10.3"), 2, 19),
    ],
    "Share of messages with attachments": [
        ("email", 4, Decimal("25.0")),
        ("mms", 1, Decimal("100.0")),
        ("sms", 4, Decimal("0.0")),
    ],
    "Sizes of e-mail threads": [("1", 1), ("2 to 4", 1)],
    "Texts that arrive again and again": [("ok", 3, 2)],
    "Messages that speak of something": [
        (conversation("refund"), 2, ANA_MAIL, "<p>Refund?</p>"),
        (conversation("refund"), 1, ANA_MAIL, "I want a refund."),
    ],
    "From receipt to message": [
        ("email", 3, Decimal("0.200"), Decimal("0.300")),
        ("sms", 5, Decimal("0.020"), Decimal("0.030")),
    ],
    "How late providers are": [("generic", 2, timedelta(seconds=90))],
    "Events that are not processed": [
        ("dead_letter", "sms", 1, _at(0, 30)),
        ("error", "sms", 1, _at(47, 5)),
        ("received", "email", 1, _at(3, 20)),
    ],
    "Dead letters by error class": [("unreadable", "generic", 1, _at(0, 31))],
    "What became of one message": [
        ("message", "processed", "unchecked", "email", conversation("refund"))
    ],
    "Silent channels": [("unused", "twilio", None), ("email", "generic", _at(4, 1))],
    "Unvalidated addresses": [("email", BAD_MAIL, 1), ("handle", CODE, 1)],
    "Signatures that failed": [
        ("sms", "bad_signature", 2, _at(0, 2)),
        ("sms", "missing_signature", 1, _at(0, 3)),
    ],
    "Threads that were put together later": [(_T0.replace(hour=0), "late_parent", 1)],
    "How soon we answer": [("email", 2, 1, 9600.0), ("sms", 3, 0, None)],
    "How soon conversations are closed": [("email", 0, 1, None), ("sms", 1, 2, 1800.0)],
    "What agents did": [("Kim", 1, 1, 1)],
    "How much comes and goes": [("email", 3, 1, 2), ("sms", 5, 0, 3)],
    "What became of what we sent": [("email", "sent", None, 1)],
}


def test_the_page_and_the_answers_name_the_same_queries() -> None:
    assert list(_QUERIES) == list(EXPECTED)
    assert len(_QUERIES) >= 12


@pytest.mark.parametrize("heading", _QUERIES)
def test_a_section_holds_one_query(heading: str) -> None:
    assert len(_QUERIES[heading]) == 1


def test_no_query_looks_beyond_the_views_of_analysts() -> None:
    """What is asked as an analyst could still be of Postgres' own tables."""
    for query in (query for queries in _QUERIES.values() for query in queries):
        assert not re.search(r"\b(?:pg_|information_schema|public\.)", query)


async def test_every_query_answers_what_the_data_says(
    open_owner_connection: OpenConnection,
) -> None:
    async with open_owner_connection() as conn:
        await store_cookbook_data(conn, _T0)
        await conn.execute(b"SET ROLE inlet_analyst")
        await conn.execute(b"SET search_path = analytics")
        for heading, (query,) in _QUERIES.items():
            cursor = await conn.execute(query.encode())
            assert await cursor.fetchall() == EXPECTED[heading], heading

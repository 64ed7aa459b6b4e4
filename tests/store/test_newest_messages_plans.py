"""Among many messages each statement of the list of all messages reads ranges of indexes alone.

How much a statement reads is counted in buffers of 8 KiB, which no clock and no load can change.
"""

from collections.abc import Generator
from typing import Any

import pytest
from databases import PreparedDatabases
from many_conversations import fill_with_many
from read_plans import buffers, explain, id_of, indexes, read_whole

from store.position import FIRST_ID, LAST_ID
from store.sql import statements

_GIVEN: dict[str, Any] = {
    "customer_id": 1,
    "before_id": LAST_ID,
    "from_id": FIRST_ID,
    "window": 1_000,
    "row_count": 51,
    "most": 1_000,
    "channel_id": None,
    "conversation_id": None,
    "conversation_ids": [id_of("conversation17")],
    "contact_hashes": None,
    "direction": "outbound",
    "statuses": None,
    "kinds": None,
    "has_attachments": None,
    "message_ids": [id_of(f"message{number}") for number in range(50)],
}


@pytest.fixture(scope="module")
def large(prepared_databases: PreparedDatabases) -> Generator[str]:
    with prepared_databases.copy(fill_with_many) as (url, _):
        yield url


@pytest.mark.parametrize(
    ("name", "any_of", "most_buffers"),
    [
        ("find_edge", {"messages_pkey"}, 1_100),
        ("match_range", {"messages_pkey"}, 200),
        ("match_given", {"messages_pkey"}, 500),
        # Of one conversation with 2,000 messages, and none of the others, by either order.
        (
            "find_in_conversations",
            {"messages_customer_id_conversation_id_seq_key", "messages_by_time"},
            600,
        ),
        ("count_conversation", {"conversations_pkey"}, 10),
    ],
)
async def test_a_page_reads_ranges_of_indexes(
    large: str, name: str, any_of: set[str], most_buffers: int
) -> None:
    how = b"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "
    given = {**_GIVEN, "conversation_id": id_of("conversation17")} if "count" in name else _GIVEN
    plan = await explain(large, how, statements("newest_messages")[name], given)
    assert any_of & indexes(plan)
    assert not {"conversations", "messages"} & read_whole(plan)
    assert buffers(plan) <= most_buffers

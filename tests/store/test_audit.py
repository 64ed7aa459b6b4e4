"""The audit and the tag list find their rows by an index, however many there are."""

from typing import Any

import pytest
from conftest import OpenConnection

from app.ids import new_id
from store.database import Connection
from store.sql import statements
from store.tags import list_tags

ROWS = 20_000
ONE_ID = "01930000-0000-7000-8000-00000000ffff"


async def fill(conn: Connection) -> None:
    """Write audit entries of many conversations, agents and objects; none is checked."""
    await conn.execute(b"SET session_replication_role = replica")
    await conn.execute(
        b"""
        INSERT INTO audit (customer_id, id, agent_id, action, conversation_id, object_id)
        SELECT 1, gen_random_uuid(), gen_random_uuid(), 'kind.' || n %% 500, gen_random_uuid(),
            gen_random_uuid()
        FROM generate_series(1, %s::integer) AS n
        """,
        (ROWS,),
    )
    await conn.execute(b"ANALYZE audit")


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("list_audit", "audit_pkey"),
        ("list_audit_of_conversation", "audit_of_conversation"),
        ("list_audit_of_object", "audit_of_object"),
        ("list_audit_of_agent", "audit_of_agent"),
        ("list_audit_of_action", "audit_of_action"),
        ("list_newest_history", "audit_of_conversation"),
        ("list_oldest_history", "audit_of_conversation"),
    ],
)
async def test_a_page_of_the_audit_is_found_by_its_index(
    open_owner_connection: OpenConnection, name: str, index: str
) -> None:
    everything: dict[str, Any] = {
        "customer_id": 1,
        "conversation_id": ONE_ID,
        "object_id": ONE_ID,
        "agent_id": ONE_ID,
        "action": "kind.1",
        "before_id": "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "after_id": "00000000-0000-0000-0000-000000000000",
        "edge_id": ONE_ID,
        "from_at": "-infinity",
        "until_at": "infinity",
        "row_count": 51,
    }
    narrowed_by_others = {"object_id": None, "agent_id": None, "action": None}
    own = {"list_audit_of_object": "object_id", "list_audit_of_agent": "agent_id",
           "list_audit_of_action": "action"}.get(name)  # fmt: skip
    parameters = everything | {
        field: value for field, value in narrowed_by_others.items() if field != own
    }
    async with open_owner_connection() as conn:
        await fill(conn)
        cursor = await conn.execute(b"EXPLAIN (COSTS OFF) " + statements("audit")[name], parameters)
        plan = "\n".join([row[0] for row in await cursor.fetchall()])
    assert index in plan
    assert "Seq Scan on audit" not in plan


async def test_the_tags_of_many_conversations_are_found_step_by_step(
    open_owner_connection: OpenConnection,
) -> None:
    async with open_owner_connection() as conn:
        await conn.execute(b"SET session_replication_role = replica")
        await conn.execute(
            b"""
            INSERT INTO conversation_tags (customer_id, conversation_id, tag)
            SELECT 1, gen_random_uuid(), 'tag-' || n %% 4 FROM generate_series(1, %s::integer) AS n
            """,
            (ROWS,),
        )
        await conn.execute(
            b"INSERT INTO conversation_tags (customer_id, conversation_id, tag)"
            b" VALUES (1, %s, 'vip'), (2, %s, 'other')",
            (new_id(), new_id()),
        )
        await conn.execute(b"ANALYZE conversation_tags")
        assert await list_tags(conn, 1, after=None, row_count=3, most_counted=999) == [
            ("tag-0", 1000),
            ("tag-1", 1000),
            ("tag-2", 1000),
        ]
        last = await list_tags(conn, 1, after="tag-2", row_count=3, most_counted=9999)
        assert last == [("tag-3", ROWS // 4), ("vip", 1)]
        assert await list_tags(conn, 1, after="vip", row_count=3, most_counted=9) == []
        cursor = await conn.execute(
            b"EXPLAIN (COSTS OFF) " + statements("tags")["list_tags"],
            {"customer_id": 1, "after": None, "row_count": 51, "most_counted": 999},
        )
        plan = "\n".join([row[0] for row in await cursor.fetchall()])
    assert "Seq Scan on conversation_tags" not in plan

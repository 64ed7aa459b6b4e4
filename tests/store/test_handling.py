"""Changing how a conversation is handled: what is written, what is refused, and who wins."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from agents import a_conversation, an_agent, audited, told
from conftest import OpenConnection
from flows import until_blocked, values

from app.ids import new_id
from domain.actor import Actor
from domain.conversation_change import WantedHandling
from domain.errors import Conflict, NotFound, ValidationFailed, VersionMismatch
from inbox.conversations.change import change_conversation
from inbox.settings.agents import AgentChange, change_agent
from store.database import Connection

NOW = datetime(2026, 8, 22, 9, 0, tzinfo=UTC)
TOMORROW = NOW + timedelta(days=1)
NO_ID = "01930000-0000-7000-8000-00000000ffff"


async def change(conn: Connection, actor: Actor, conversation: str, **wanted: Any) -> str:
    async with conn.transaction():
        return await change_conversation(
            conn, actor, conversation, WantedHandling(**wanted), now=NOW, new_id=new_id
        )


async def handled(conn: Connection) -> tuple[Any, ...]:
    query = b"SELECT status, closed_at, snoozed_until, assignee_id, subject FROM conversations"
    row = await (await conn.execute(query)).fetchone()
    assert row is not None
    return row


async def version(conn: Connection) -> Any:
    [found] = await values(conn, b"SELECT version FROM conversations")
    return found


async def test_closing_and_opening_keeps_the_time(
    open_connection: OpenConnection, database_url: str
) -> None:
    async with open_connection() as conn:
        conversation = await a_conversation(conn, database_url)
        ann = await an_agent(conn, "Ann")
        before = await version(conn)
        await change(conn, ann, conversation, status="closed")
        assert (await handled(conn))[:2] == ("closed", NOW)
        await change(conn, ann, conversation, status="open")
        assert (await handled(conn))[:2] == ("open", None)
        assert await version(conn) == before + 2
        assert await audited(conn, "conversation.") == [
            ("conversation.status_changed", {"from": "open", "to": "closed"}),
            ("conversation.status_changed", {"from": "closed", "to": "open"}),
        ]
        assert [row[:3] for row in await told(conn, "conversation.updated")] == [
            (conversation, None, before + 1),
            (conversation, None, before + 2),
        ]


async def test_what_is_there_already_changes_nothing(
    open_connection: OpenConnection, database_url: str
) -> None:
    async with open_connection() as conn:
        conversation = await a_conversation(conn, database_url)
        ann = await an_agent(conn, "Ann")
        await change(conn, ann, conversation, assignee_id=ann.agent_id, subject="Parcel")
        before = await version(conn)
        await change(conn, ann, conversation, assignee_id=ann.agent_id, subject="Parcel")
        await change(conn, ann, conversation, status="open", snoozed_until=None)
        await change(conn, ann, conversation)
        assert await version(conn) == before
        assert [action for action, _ in await audited(conn, "conversation.")] == [
            "conversation.assigned",
            "conversation.subject_changed",
        ]


async def test_one_request_changes_everything_in_one_version(
    open_connection: OpenConnection, database_url: str
) -> None:
    async with open_connection() as conn:
        conversation = await a_conversation(conn, database_url)
        ann = await an_agent(conn, "Ann")
        before = await version(conn)
        await change(
            conn, ann, conversation,
            status="pending", assignee_id=ann.agent_id, subject="Parcel", version=before,
        )  # fmt: skip
        assert await handled(conn) == ("pending", None, None, ann.agent_id, "Parcel")
        assert await version(conn) == before + 1
        assert await audited(conn, "conversation.") == [
            ("conversation.status_changed", {"from": "open", "to": "pending"}),
            ("conversation.assigned", {"from": None, "to": ann.agent_id}),
            ("conversation.subject_changed", {}),
        ]
        assert len(await told(conn, "conversation.updated")) == 1


async def test_a_time_alone_means_snoozed_and_none_ends_it(
    open_connection: OpenConnection, database_url: str
) -> None:
    async with open_connection() as conn:
        conversation = await a_conversation(conn, database_url)
        ann = await an_agent(conn, "Ann")
        await change(conn, ann, conversation, snoozed_until=TOMORROW)
        assert (await handled(conn))[:3] == ("snoozed", None, TOMORROW)
        await change(conn, ann, conversation, status="snoozed", snoozed_until=TOMORROW)
        await change(conn, ann, conversation, status="closed")
        assert (await handled(conn))[:3] == ("closed", NOW, None)
        await change(conn, ann, conversation, snoozed_until=TOMORROW)
        await change(conn, ann, conversation, snoozed_until=None)
        assert (await handled(conn))[:3] == ("open", None, None)
        assert await audited(conn, "conversation.snoozed") == [
            ("conversation.snoozed", {"from": "open", "until": "2026-08-23T09:00:00.000000Z"}),
            ("conversation.snoozed", {"from": "closed", "until": "2026-08-23T09:00:00.000000Z"}),
        ]


@pytest.mark.parametrize(
    "wanted",
    [
        {"snoozed_until": NOW},
        {"snoozed_until": NOW + timedelta(days=5000)},
        {"status": "snoozed"},
        {"status": "snoozed", "snoozed_until": None},
        {"status": "open", "snoozed_until": TOMORROW},
        {"assignee_id": NO_ID},
        {"subject": ""},
        {"subject": "one\ntwo"},
        {"subject": "x" * 999},
    ],
)
async def test_what_cannot_be_is_refused_and_nothing_is_written(
    open_connection: OpenConnection, database_url: str, wanted: dict[str, Any]
) -> None:
    async with open_connection() as conn:
        conversation = await a_conversation(conn, database_url)
        before = await handled(conn)
        with pytest.raises(ValidationFailed) as refused:
            await change(conn, await an_agent(conn, "Ann"), conversation, **wanted)
        assert refused.value.errors[0].name in wanted or refused.value.errors[0].name == (
            "snoozed_until"
        )
        assert await handled(conn) == before


async def test_somebody_who_left_is_nobody_to_assign_to(
    open_connection: OpenConnection, database_url: str
) -> None:
    async with open_connection() as conn:
        conversation = await a_conversation(conn, database_url)
        ann, ben = await an_agent(conn, "Ann"), await an_agent(conn, "Ben")
        assert ben.agent_id is not None
        await change(conn, ann, conversation, assignee_id=ben.agent_id)
        await change_agent(conn, ann, ben.agent_id, AgentChange(is_disabled=True), new_id=new_id)
        await change(conn, ann, conversation, assignee_id=ben.agent_id, status="pending")
        await change(conn, ann, conversation, assignee_id=None)
        with pytest.raises(ValidationFailed):
            await change(conn, ann, conversation, assignee_id=ben.agent_id)


async def test_an_old_version_is_told_so(
    open_connection: OpenConnection, database_url: str
) -> None:
    async with open_connection() as conn:
        conversation = await a_conversation(conn, database_url)
        ann = await an_agent(conn, "Ann")
        seen = await version(conn)
        await change(conn, ann, conversation, status="closed", version=seen)
        with pytest.raises(VersionMismatch):
            await change(conn, ann, conversation, status="open", version=seen)


async def test_an_id_that_was_merged_away_stands_for_the_one_that_has_it(
    open_connection: OpenConnection, database_url: str
) -> None:
    async with open_connection() as conn:
        conversation = await a_conversation(conn, database_url)
        ann = await an_agent(conn, "Ann")
        await conn.execute(
            b"INSERT INTO conversation_merges (customer_id, from_id, into_id, reason)"
            b" VALUES (1, %s, %s, 'agent')",
            (NO_ID, conversation),
        )
        assert await change(conn, ann, NO_ID, status="closed") == conversation
        with pytest.raises(NotFound):
            await change(conn, Actor(customer_id=2), conversation, status="open")


@pytest.mark.parametrize("by_version", [False, True])
async def test_of_two_agents_at_once_one_wins_and_the_other_is_told(
    open_connection: OpenConnection, database_url: str, by_version: bool
) -> None:
    async with (
        open_connection() as first,
        open_connection() as second,
        open_connection() as watcher,
    ):
        conversation = await a_conversation(watcher, database_url)
        ann, ben = await an_agent(watcher, "Ann"), await an_agent(watcher, "Ben")
        seen = await version(watcher)
        wanted: dict[str, Any] = {"version": seen} if by_version else {"only_if_unassigned": True}
        async with first.transaction():
            await change_conversation(
                first, ann, conversation,
                WantedHandling(assignee_id=ann.agent_id, **wanted), now=NOW, new_id=new_id,
            )  # fmt: skip
            too_late = asyncio.create_task(
                change(second, ben, conversation, assignee_id=ben.agent_id, **wanted)
            )
            await until_blocked(watcher)
        with pytest.raises(VersionMismatch if by_version else Conflict) as refused:
            await too_late
        assert by_version or refused.value.detail == "Ann has this conversation already"
        assert (await handled(watcher))[3] == ann.agent_id
        assert await version(watcher) == seen + 1


async def test_taking_what_one_has_already_is_no_conflict(
    open_connection: OpenConnection, database_url: str
) -> None:
    async with open_connection() as conn:
        conversation = await a_conversation(conn, database_url)
        ann = await an_agent(conn, "Ann")
        for _ in range(2):
            await change(conn, ann, conversation, assignee_id=ann.agent_id, only_if_unassigned=True)
        assert len(await audited(conn, "conversation.")) == 1


async def test_a_message_may_arrive_while_somebody_changes_the_conversation(
    open_connection: OpenConnection, database_url: str
) -> None:
    """The lock of a change lets rows be added that refer to the conversation."""
    async with open_connection() as conn, open_connection() as other:
        conversation = await a_conversation(conn, database_url)
        ann = await an_agent(conn, "Ann")
        async with conn.transaction():
            await change_conversation(
                conn, ann, conversation, WantedHandling(status="closed"), now=NOW, new_id=new_id
            )
            await other.execute(b"SET lock_timeout = '2s'")
            await other.execute(
                b"INSERT INTO conversation_tags (customer_id, conversation_id, tag)"
                b" VALUES (1, %s, 'vip')",
                (conversation,),
            )
        assert await values(other, b"SELECT tag FROM conversation_tags") == ["vip"]

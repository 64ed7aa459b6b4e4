"""What the tests of merges, splits, closing and waiting share: rows that nobody receives."""

from datetime import datetime

from app.ids import new_id
from store.database import Connection


async def reply(conn: Connection, conversation: str, at: datetime, name: str = "reply") -> str:
    """Let us write in a conversation, as the sender leaves it; return the message's id."""
    message = new_id()
    await conn.execute(
        _REPLY, {"id": message, "conversation": conversation, "at": at, "name": name}
    )
    return message


async def close(conn: Connection, conversation: str, at: datetime) -> None:
    """Close a conversation at a time of the test's choice."""
    await conn.execute(
        b"UPDATE conversations SET status = 'closed', closed_at = %s, snoozed_until = NULL"
        b" WHERE id = %s",
        (at, conversation),
    )


async def make_agent(conn: Connection, name: str = "Ada") -> str:
    agent = new_id()
    await conn.execute(
        b"INSERT INTO agents (customer_id, id, name, role, read_from)"
        b" VALUES (1, %s, %s, 'lead', '-infinity')",
        (agent, name),
    )
    return agent


_REPLY = b"""
    WITH grown AS (
        UPDATE conversations AS c
        SET last_seq = c.last_seq + 1,
            message_count = c.message_count + 1,
            last_outbound_at = %(at)s,
            waiting_since = NULL,
            last_message_id = CASE WHEN %(at)s > c.last_activity_at THEN %(id)s::uuid
                ELSE c.last_message_id END,
            last_message_direction = CASE WHEN %(at)s > c.last_activity_at THEN 'outbound'
                ELSE c.last_message_direction END,
            last_activity_at = greatest(c.last_activity_at, %(at)s),
            version = c.version + 1
        WHERE c.id = %(conversation)s
        RETURNING c.customer_id, c.id, c.last_seq
    )
    INSERT INTO messages (
        customer_id, id, conversation_id, seq, direction, channel_id, kind, status, from_hash,
        body_hash, body_format, subject, provider_message_id, sent_at, received_at
    )
    SELECT
        m.customer_id, %(id)s, g.id, g.last_seq, 'outbound', m.channel_id, m.kind, 'sent',
        p.address_hash, m.body_hash, m.body_format, m.subject, %(name)s, %(at)s, %(at)s
    FROM grown AS g
    JOIN messages AS m ON m.customer_id = g.customer_id AND m.conversation_id = g.id AND m.seq = 1
    JOIN conversation_participants AS p
        ON p.customer_id = g.customer_id AND p.conversation_id = g.id AND p.role = 'own'
"""

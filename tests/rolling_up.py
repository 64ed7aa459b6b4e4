"""What the tests of roll-ups share: a consumer at work, a rebuild, and a recount by other means.

The recount asks the views of analysts and the audit, whose definitions the roll-ups have.
"""

from collections.abc import Mapping
from typing import Any

from store.database import Connection
from store.rollup_days import DaySpan, list_conversations_to_count, list_differing_rollups
from store.rollup_rebuilds import request_rebuild
from store.rollups import list_differing_figures
from worker.background.consumers import Follower, drain_consumer
from worker.background.rollups import rebuild_portion, rollup_consumer

Rolled = Mapping[tuple[Any, ...], tuple[int, int]]


async def roll_up(conn: Connection) -> None:
    """Let the consumer do all that can be read now."""
    await drain_consumer(conn, rollup_consumer())


async def roll_up_some(conn: Connection) -> None:
    """Let the consumer do one batch."""
    await Follower(rollup_consumer()).step(conn)


async def rebuild_rollups(conn: Connection) -> int:
    """Rebuild to the end; return how many rows were wrong."""
    await request_rebuild(conn, 1, "command")
    differing = 0
    while (portion := await rebuild_portion(conn, 1)) is not None:
        differing += portion.differing
    return differing


async def count_differing(conn: Connection) -> tuple[int, int]:
    """Say how many days of conversations, and how many roll-ups, differ from what is below them."""
    ids = await list_conversations_to_count(conn, 1, None, 10_000)
    figures = await list_differing_figures(conn, [(1, each) for each in ids])
    rollups = await list_differing_rollups(conn, 1, DaySpan("-infinity", "infinity"))
    return len(figures), len(rollups)


async def rolled(conn: Connection) -> Rolled:
    """Read the roll-ups: grain, group, key, figure, time and detail, with how many and how long."""
    return _read(await (await conn.execute(_ROLLED)).fetchall())


async def recounted(owner: Connection) -> Rolled:
    """Count again what the roll-ups say, from the views of analysts and the audit."""
    return _read(await (await owner.execute(_RECOUNTED)).fetchall())


async def by_day_of_views(owner: Connection) -> set[tuple[Any, ...]]:
    """Read what the views of whole days say, in UTC: group, key, figure, day, detail, how many."""
    return set(await (await owner.execute(_BY_DAY)).fetchall())


def _read(rows: list[tuple[Any, ...]]) -> Rolled:
    return {row[:-2]: (row[-2], row[-1]) for row in rows}


_ROLLED = b"""
    SELECT grain, grouped_by, group_key, figure, starts_at, detail, amount, milliseconds
    FROM rollups
    WHERE amount <> 0 OR milliseconds <> 0
"""

_RECOUNTED = b"""
    WITH done AS (
        SELECT
            a.conversation_id, a.agent_id, a.at, a.action, a.detail ->> 'from' AS was,
            a.detail ->> 'to' AS is_now,
            coalesce(c.channel_id, g.channel_id) AS channel_id
        FROM public.audit AS a
        LEFT JOIN public.conversations AS c ON c.id = a.conversation_id
        LEFT JOIN public.conversation_merges AS g ON g.from_id = a.conversation_id
    ),
    counted (at, conversation_id, channel_id, agent_id, figure, detail, seconds) AS (
        SELECT received_at, conversation_id, channel_id, NULL::uuid, 'messages_in', '', NULL::float8
        FROM analytics.messages WHERE direction = 'inbound'
        UNION ALL
        SELECT received_at, conversation_id, channel_id, NULL, 'messages_automatic', '', NULL
        FROM public.messages WHERE direction = 'inbound' AND is_automatic
        UNION ALL
        SELECT received_at, conversation_id, channel_id, agent_id, 'messages_out', '', NULL
        FROM analytics.messages
        WHERE direction = 'outbound' AND status IN ('sent', 'delivered', 'read')
        UNION ALL
        SELECT
            received_at, conversation_id, channel_id, agent_id, 'delivery',
            status || coalesce(':' || failure_code, ''), NULL
        FROM analytics.messages WHERE direction = 'outbound' AND event_id IS NULL
        UNION ALL
        SELECT received_at, conversation_id, channel_id,
            CASE WHEN direction = 'outbound' THEN agent_id END, 'conversations_new', '', NULL
        FROM analytics.messages WHERE seq = 1
        UNION ALL
        SELECT waiting_since, conversation_id, channel_id, NULL, 'first_asked', '', NULL
        FROM analytics.response_times WHERE is_first
        UNION ALL
        SELECT waiting_since, conversation_id, channel_id, agent_id, 'first_response', NULL,
            response_seconds
        FROM analytics.response_times WHERE is_first AND answered_at IS NOT NULL
        UNION ALL
        SELECT closed_at, conversation_id, channel_id, agent_id, 'resolution', NULL,
            resolution_seconds
        FROM analytics.resolution_times WHERE closed_at IS NOT NULL AND opened_at IS NOT NULL
        UNION ALL
        SELECT opened_at, conversation_id, channel_id, NULL, 'conversations_reopened', '', NULL
        FROM analytics.resolution_times WHERE NOT is_first
        UNION ALL
        SELECT at, conversation_id, channel_id, agent_id, 'notes', '', NULL
        FROM done WHERE action = 'note.created'
        UNION ALL
        SELECT at, conversation_id, channel_id, agent_id, 'conversations_closed', '', NULL
        FROM done WHERE action = 'conversation.status_changed' AND is_now = 'closed'
        UNION ALL
        SELECT at, conversation_id, channel_id, agent_id, 'conversations_spam', '', NULL
        FROM done WHERE action = 'conversation.status_changed' AND is_now = 'spam'
        UNION ALL
        SELECT at, conversation_id, channel_id, agent_id, 'agent_reopenings', '', NULL
        FROM done
        WHERE action IN ('conversation.status_changed', 'conversation.snoozed') AND was = 'closed'
            AND is_now IS DISTINCT FROM 'closed' AND agent_id IS NOT NULL
    ),
    timed AS (
        SELECT
            at, conversation_id, channel_id, agent_id, figure,
            coalesce(
                detail, class_of_duration(round(seconds::numeric * 1000)::bigint)::text
            ) AS detail,
            coalesce(round(seconds::numeric * 1000), 0) AS milliseconds
        FROM counted
        UNION ALL
        SELECT
            at, conversation_id, channel_id, agent_id, figure || '_business',
            class_of_duration(b.milliseconds)::text, b.milliseconds
        FROM counted
        CROSS JOIN LATERAL (
            SELECT round(
                CASE figure
                    WHEN 'first_response'
                        THEN business_seconds(1, at, at + make_interval(secs => seconds))
                    ELSE business_seconds(1, at - make_interval(secs => seconds), at)
                END * 1000
            )::bigint AS milliseconds
        ) AS b
        WHERE seconds IS NOT NULL AND EXISTS (SELECT FROM opening_spans)
    )
    SELECT
        g.grain, k.grouped_by, k.group_key, t.figure, date_trunc(g.grain, t.at, calendar_zone(1)),
        t.detail, count(*), sum(t.milliseconds)::bigint
    FROM timed AS t
    CROSS JOIN (VALUES ('hour'), ('day')) AS g (grain)
    CROSS JOIN LATERAL (
        SELECT 'all' AS grouped_by, '' AS group_key
        UNION ALL
        SELECT 'channel', t.channel_id::text WHERE t.channel_id IS NOT NULL
        UNION ALL
        SELECT 'agent', t.agent_id::text WHERE t.agent_id IS NOT NULL
        UNION ALL
        SELECT 'tag', n.tag
        FROM analytics.conversation_tags AS n
        WHERE n.conversation_id = t.conversation_id
    ) AS k
    GROUP BY 1, 2, 3, 4, 5, 6
"""

_BY_DAY = b"""
    SELECT 'channel', v.channel_id::text, f.figure, v.day, '', f.amount
    FROM analytics.channel_volume AS v
    CROSS JOIN LATERAL (
        VALUES
            ('messages_in', v.inbound_count),
            ('messages_automatic', v.automatic_count),
            ('messages_out', v.outbound_count),
            ('conversations_new', v.new_conversation_count)
    ) AS f (figure, amount)
    WHERE f.amount > 0
    UNION ALL
    SELECT
        'channel', d.channel_id::text, 'delivery', d.day, concat_ws(':', d.status, d.error_code),
        sum(d.message_count)::bigint
    FROM analytics.delivery AS d
    GROUP BY 2, 4, 5
    UNION ALL
    SELECT 'agent', a.agent_id::text, f.figure, a.day, '', f.amount
    FROM analytics.agent_activity AS a
    CROSS JOIN LATERAL (
        VALUES
            ('messages_out', a.sent_count),
            ('conversations_closed', a.closed_count),
            ('agent_reopenings', a.reopened_count),
            ('notes', a.note_count)
    ) AS f (figure, amount)
    WHERE f.amount > 0
"""

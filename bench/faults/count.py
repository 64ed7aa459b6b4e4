"""Counts what arrived against what was accepted: the only question that matters here."""

from collections.abc import Iterable
from dataclasses import dataclass
from time import monotonic, sleep

from bench.databases import read_one, run
from bench.figures import Figure, Target, figure
from store.database import connect

_NONE = Target(most=0)
_IDS = b"SELECT provider_message_id FROM messages WHERE direction = 'inbound'"
# What waits for a fetch (lane 3) may wait for an operator to set a key, for a day.
_QUEUED = b"SELECT count(*) FROM inbound_queue WHERE lane <> 3"
_DEAD = b"SELECT count(*) FROM dead_letters"
_EVENTS = b"SELECT count(*) FROM inbound_events"
# What the conversations claim of themselves, against the messages that are there.
_MISCOUNTED = b"""
    SELECT count(*)
    FROM conversations AS c
    JOIN (
        SELECT conversation_id, count(*) AS n, max(seq) AS last_seq
        FROM messages GROUP BY conversation_id
    ) AS m ON m.conversation_id = c.id
    WHERE c.message_count <> m.n OR c.last_seq <> m.last_seq OR m.n <> m.last_seq
"""
_LOOK_EVERY_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How the accepted deliveries compare with the messages."""

    accepted: int
    events: int
    messages: int
    lost: int
    doubled: int
    miscounted: int
    dead: int

    def figures(self, section: str) -> list[Figure]:
        """Make the lines of the table."""
        return [
            figure(section, "accepted", self.accepted, ""),
            figure(section, "messages", self.messages, ""),
            figure(section, "lost", self.lost, "", _NONE),
            figure(section, "doubled", self.doubled, "", _NONE),
            figure(section, "conversations with a wrong count", self.miscounted, "", _NONE),
            figure(section, "dead letters", self.dead, "", _NONE),
        ]


def wait_until_processed(database_url: str, seconds: float) -> float:
    """Wait until nothing is queued that can be read; returns how long it took.

    Raises: RuntimeError when it takes longer than `seconds`.
    """
    began = monotonic()
    while run(_read(database_url, _QUEUED)):
        if monotonic() - began > seconds:
            raise RuntimeError(f"the queue is not empty after {seconds:.0f} s")
        sleep(_LOOK_EVERY_SECONDS)
    return monotonic() - began


def count(database_url: str, accepted: Iterable[str]) -> Count:
    """Compare the ids that were accepted with the messages in the tables."""
    return run(_count(database_url, set(accepted)))


async def _count(database_url: str, accepted: set[str]) -> Count:
    async with await connect(database_url, "bench") as conn:
        rows = await (await conn.execute(_IDS)).fetchall()
        ids = [row[0] for row in rows]
        return Count(
            accepted=len(accepted),
            events=await read_one(conn, _EVENTS),
            messages=len(ids),
            lost=len(accepted - set(ids)),
            doubled=len(ids) - len(set(ids)),
            miscounted=await read_one(conn, _MISCOUNTED),
            dead=await read_one(conn, _DEAD),
        )


async def _read(database_url: str, query: bytes) -> int:
    async with await connect(database_url, "bench") as conn:
        return int(await read_one(conn, query))

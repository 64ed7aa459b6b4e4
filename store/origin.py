"""Recognises that the outbox lies on another server, or another line of its history, than before.

Its cursors are numbers of transactions, which every server counts for itself: after a restore or a
failover they mean nothing, or something else. What Inlet itself follows is counted anew, and a new
epoch tells clients to begin anew. Knows no reader.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import structlog

from store.database import Connection, connect
from store.hooks import disable_all_hooks
from store.sql import statements

_LOG = structlog.get_logger(__name__)

_SQL = statements("origin")
_READ_ORIGIN = _SQL["read_origin"]
_READ_SERVER = _SQL["read_server"]
_HAS_CHANGES_AHEAD = _SQL["has_changes_ahead"]
_COUNT_ANEW = _SQL["count_anew"]
_NOTE_ORIGIN = _SQL["note_origin"]

Reason = Literal["restored", "failed_over"]
REASON_WORDS: Mapping[Reason, str] = {
    "restored": "restored",
    "failed_over": "taken over by a standby",
}

_IS_NEW = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Which server it is. `system_identifier` and `timeline` are None where we may not ask."""

    system_identifier: int | None
    table_oid: int
    timeline: int | None

    def differs_from(self, noted: "Server") -> Reason | None:
        """Say why this is not the server that was noted; what is unknown does not differ."""
        if self.table_oid != noted.table_oid or _differ(
            self.system_identifier, noted.system_identifier
        ):
            return "restored"
        return "failed_over" if _differ(self.timeline, noted.timeline) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What is noted of the server; `noted` is None before the first start, `began_at` as well.

    `server` is the one that answers, None for a standby: nothing can be noted there.
    """

    server: Server | None
    noted: Server | None
    epoch: int
    began_at: datetime | None
    reason: Reason | None

    @property
    def change(self) -> Reason | None:
        """Why the server that answers is not the one that was noted."""
        if self.server is None or self.noted is None:
            return None
        return self.server.differs_from(self.noted)

    def changed_lately(self, now: datetime) -> Reason | None:
        """Say why it is another server than a day ago."""
        is_new = self.began_at is not None and now - self.began_at < _IS_NEW
        return self.reason if is_new else None


async def connect_follower(
    database_url: str, application_name: str, *, prepare: bool
) -> Connection:
    """Open a connection that the outbox is followed on, wherever it lies by now."""
    conn = await connect(database_url, application_name, prepare=prepare)
    try:
        await settle_origin(conn)
    except BaseException:
        await conn.close()
        raise
    return conn


async def read_origin(conn: Connection) -> Origin:
    """Read what is noted of the server, and which one answers."""
    cursor = await conn.execute(_READ_ORIGIN)
    [(is_standby, may_ask, own_oid, identifier, oid, timeline, *rest)] = await cursor.fetchall()
    epoch, began_at, reason = rest
    server = None if is_standby else await _server(conn, own_oid, may_ask=may_ask)
    noted = None
    if oid is not None:
        noted = Server(system_identifier=identifier, table_oid=oid, timeline=timeline)
    return Origin(server=server, noted=noted, epoch=epoch, began_at=began_at, reason=reason)


async def has_changes_ahead(conn: Connection) -> bool:
    """Say whether the outbox holds what a server of before has counted."""
    return await (await conn.execute(_HAS_CHANGES_AHEAD)).fetchone() == (True,)


async def settle_origin(conn: Connection) -> None:
    """Let the outbox be followed on this server, if it was followed on another one until now."""
    origin = await read_origin(conn)
    if origin.server is None:
        return
    is_ahead = await has_changes_ahead(conn)
    reason = origin.change or ("restored" if is_ahead else None)
    if reason is None and origin.noted is not None:
        return
    async with conn.transaction():
        noted = await conn.execute(
            _NOTE_ORIGIN,
            {
                "system_identifier": origin.server.system_identifier,
                "table_oid": origin.server.table_oid,
                "timeline": origin.server.timeline,
                "first_epoch": 0 if reason is None else 1,
                # Of two who note the first server, the second changes nothing.
                "epoch": origin.epoch if origin.noted else None,
                "reason": reason,
            },
        )
        row = await noted.fetchone()
        if row and is_ahead:
            await conn.execute(_COUNT_ANEW)
        if row and reason == "restored":
            # The server that the dump is of may go on telling them.
            await disable_all_hooks(conn)
    if row and reason:
        _LOG.warning("outbox_on_another_server", reason=reason, epoch=row[0])


async def _server(conn: Connection, table_oid: int, *, may_ask: bool) -> Server:
    if not may_ask:
        return Server(system_identifier=None, table_oid=table_oid, timeline=None)
    [(identifier, timeline)] = await (await conn.execute(_READ_SERVER)).fetchall()
    return Server(system_identifier=identifier, table_oid=table_oid, timeline=timeline)


def _differ(ours: int | None, theirs: int | None) -> bool:
    return None not in (ours, theirs) and ours != theirs

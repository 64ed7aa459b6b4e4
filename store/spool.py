"""One spool file: events on the local disk, for as long as the database cannot take them.

SQLite, durable at every commit. Its functions block, so a thread calls them, one at a time. Knows
neither who may open which file nor when it is drained.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from store.events import NewEvent
from store.sql import statements

_SQL = {name: statement.decode() for name, statement in statements("spool").items()}
_SETTINGS = (_SQL["set_journal"], _SQL["set_durable"], _SQL["keep_few_pages"])
_TABLES = (_SQL["create_spooled"], _SQL["create_refused"])
_APPEND = _SQL["append"]
_OLDEST = _SQL["oldest"]
_REMOVE = _SQL["remove"]
_SET_ASIDE = _SQL["set_aside"]
_TAKE_BACK = _SQL["take_back"]
_FORGET_REFUSED = _SQL["forget_refused"]
_MEASURE_SPOOLED = _SQL["measure_spooled"]
_MEASURE_REFUSED = _SQL["measure_refused"]
_OLDEST_ARRIVAL = _SQL["oldest_arrival"]
_SHRINK = _SQL["shrink"]
_CHECKPOINT = _SQL["checkpoint"]

SpoolError = sqlite3.Error

# What a row takes beside its headers and its body, roughly.
_ROW_BYTES = 400
_BUSY_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Spooled:
    """An event in a spool file, by its position there."""

    position: int
    event: NewEvent


class SpoolFile:
    """An open spool file. The figures are those after the last call.

    Units: `size_bytes` counts rows that wait and rows set aside, which take room too.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, made where there is none. Raises: SpoolError."""
        self.path = path
        self._connection = sqlite3.connect(
            path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        for statement in (*_SETTINGS, *_TABLES):
            self._connection.execute(statement).close()
        path.chmod(0o600)
        self.rows = 0
        self.refused_rows = 0
        self.size_bytes = 0
        self.oldest_at: datetime | None = None
        self._measure()

    def append(self, events: Sequence[NewEvent]) -> None:
        """Keep events behind all others, in one transaction.

        Raises: SpoolError when the disk does not take them, ValueError for text that is none.
        """
        rows = [
            (
                event.customer_id, event.id, event.channel_id, event.provider, event.kind,
                event.provider_message_id, event.dedup_key, event.signature, event.headers,
                event.content_type, event.body, event.received_at.isoformat(), event.traceparent,
            )
            for event in events
        ]  # fmt: skip
        with self._transaction() as cursor:
            cursor.executemany(_APPEND, rows)
        if not self.rows and events:
            self.oldest_at = events[0].received_at
        self.rows += len(events)
        self.size_bytes += size_of(events)

    def oldest(self, most_rows: int, most_bytes: int) -> list[Spooled]:
        """Read from the front, at least one where there is one."""
        found: list[Spooled] = []
        size_bytes = 0
        with closing(self._connection.execute(_OLDEST, {"most": most_rows})) as cursor:
            for row in cursor:
                found.append(_spooled(row))
                size_bytes += len(found[-1].event.body)
                if size_bytes >= most_bytes:
                    break
        return found

    def remove(self, spooled: Sequence[Spooled]) -> None:
        """Forget events that the database has."""
        with self._transaction() as cursor:
            cursor.executemany(_REMOVE, [(kept.position,) for kept in spooled])
        self.rows -= len(spooled)
        self.size_bytes -= size_of([kept.event for kept in spooled])
        self._look_at_the_front()

    def set_aside(self, spooled: Spooled, error_class: str) -> None:
        """Keep an event that the database does not take apart from those that wait."""
        with self._transaction() as cursor:
            cursor.execute(_SET_ASIDE, {"position": spooled.position, "error_class": error_class})
            cursor.execute(_REMOVE, (spooled.position,))
        self.rows -= 1
        self.refused_rows += 1
        self._look_at_the_front()

    def take_back(self) -> None:
        """Let events that were set aside wait again: what refused them may be mended by now."""
        if not self.refused_rows:
            return
        with self._transaction() as cursor:
            cursor.execute(_TAKE_BACK)
            cursor.execute(_FORGET_REFUSED)
        self._measure()

    def shrink(self) -> None:
        """Give the room of what was drained back to the disk."""
        self._connection.execute(_SHRINK).close()
        self._connection.execute(_CHECKPOINT).close()

    def close(self) -> None:
        self._connection.close()

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._connection)

    def _measure(self) -> None:
        self.rows, waiting_bytes = self._connection.execute(_MEASURE_SPOOLED).fetchone()
        self.refused_rows, refused_bytes = self._connection.execute(_MEASURE_REFUSED).fetchone()
        self.size_bytes = (
            waiting_bytes + refused_bytes + _ROW_BYTES * (self.rows + self.refused_rows)
        )
        self._look_at_the_front()

    def _look_at_the_front(self) -> None:
        row = self._connection.execute(_OLDEST_ARRIVAL).fetchone() if self.rows else None
        self.oldest_at = datetime.fromisoformat(row[0]) if row else None


class _Transaction:
    """All or nothing, written at the end."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._cursor = connection.cursor()

    def __enter__(self) -> sqlite3.Cursor:
        self._connection.execute("BEGIN IMMEDIATE").close()
        return self._cursor

    def __exit__(self, *error: object) -> None:
        self._cursor.close()
        try:
            if error[0] is None:
                self._connection.commit()
        finally:
            # Also after a commit that failed, as it does on a full disk.
            if self._connection.in_transaction:
                self._connection.rollback()


def size_of(events: Sequence[NewEvent]) -> int:
    """Say what events take in a spool. Units: bytes."""
    return sum(len(event.body) + len(event.headers) + _ROW_BYTES for event in events)


def _spooled(row: tuple[Any, ...]) -> Spooled:
    (
        position, customer_id, id_, channel_id, provider, kind, provider_message_id, dedup_key,
        signature, headers, content_type, body, received_at, traceparent,
    ) = row  # fmt: skip
    event = NewEvent(
        customer_id,
        id_,
        channel_id,
        provider,
        kind,
        provider_message_id,
        dedup_key,
        signature,
        headers,
        content_type,
        body,
        datetime.fromisoformat(received_at),
        traceparent,
    )
    return Spooled(position, event)

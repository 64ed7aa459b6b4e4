"""Lists events for operators under any filters, newest first.

Ids order events by when they were recorded. A page walks one index, of all events or of those that
wait, that failed or were given up, and looks at a bounded number of rows: so it costs the same
among a million events as among a thousand. Knows no bytes of an event.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from psycopg.rows import class_row

from domain.address import Address
from domain.event import EventKind, SignatureResult, message_event, receipt_event
from store.database import Connection
from store.event_listing import EventStatus, ListedEvent
from store.position import FIRST_ID, LAST_ID, first_id_at
from store.sql import statements

_SQL = statements("ops_events")
_EVENT_EDGE = _SQL["find_event_edge"]
_QUEUE_EDGE = _SQL["find_queue_edge"]
_DEAD_LETTER_EDGE = _SQL["find_dead_letter_edge"]
_FAILURE_EDGE = _SQL["find_failure_edge"]
_MATCH_EVENTS = _SQL["match_events"]
_MATCH_QUEUED = _SQL["match_queued"]
_MATCH_DEAD_LETTERS = _SQL["match_dead_letters"]
_MATCH_FAILED = _SQL["match_failed"]
_MATCH_GIVEN = _SQL["match_given"]
_BY_PROVIDER_ID = _SQL["find_by_provider_id"]
_FIND_ADDRESS = _SQL["find_address"]
_BY_ADDRESS = _SQL["find_by_address"]
_SHOW = _SQL["show_events"]

_Source = Literal["events", "queue", "dead_letters", "failures"]

_FIRST_WINDOW = 1_000
_WIDEST_WINDOW = 20_000
_MOST_WINDOWS = 3
_MOST_GIVEN = 1_000
_MOST_CONVERSATIONS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OpsEventFilter:
    """What events must match; None and empty match all.

    `addresses` are the readings of one text, from or to which the event's message went. `since` is
    inclusive, `until` is not; both are about when the event was recorded. `receipt_words` are those
    of the providers: a receipt's key ends in one, so its provider message id alone finds none.
    """

    channel_id: str | None = None
    kind: EventKind | None = None
    status: EventStatus | None = None
    error_class: str | None = None
    provider_message_id: str | None = None
    receipt_words: tuple[str, ...] = ()
    addresses: tuple[Address, ...] = ()
    signature: SignatureResult | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """Events, and the id below which the next page begins; None on the last.

    A partial page is short of its limit, even empty, because it had looked at enough.
    """

    events: list[ListedEvent]
    next_before: str | None
    is_partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Range:
    """Ids from `from_id` on, below `before_id`."""

    before_id: str
    from_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Matching ids, newest first, and how far was looked; None is as far as there is."""

    ids: list[str]
    edge: str | None


async def list_ops_events(
    conn: Connection,
    customer_id: int,
    wanted: OpsEventFilter,
    *,
    before: str | None,
    limit: int,
) -> EventPage:
    """List a customer's events, newest first, those below event `before`."""
    walk = _Walk(conn, customer_id, wanted, limit + 1)
    found = await walk.find(_range(wanted, before))
    events = await _show(conn, customer_id, found.ids[:limit])
    if len(found.ids) > limit:
        return EventPage(events=events, next_before=found.ids[limit - 1])
    return EventPage(events=events, next_before=found.edge, is_partial=found.edge is not None)


class _Walk:
    """Finds the ids of one page."""

    def __init__(
        self, conn: Connection, customer_id: int, wanted: OpsEventFilter, row_count: int
    ) -> None:
        self._conn = conn
        self._customer_id = customer_id
        self._wanted = wanted
        self._row_count = row_count
        self._channel_ids = [wanted.channel_id] if wanted.channel_id else None

    async def find(self, within: _Range) -> _Found:
        hashes = await self._reach() if self._wanted.addresses else None
        if self._channel_ids == [] or hashes == []:
            return _Found(ids=[], edge=None)
        if self._wanted.provider_message_id is not None:
            return await self._among(await self._by_provider_id(), within, hashes)
        if hashes is not None:
            return await self._by_address(hashes, within)
        return await self._along(_source(self._wanted), within)

    async def _reach(self) -> list[int] | None:
        """Find the hashes of the addresses; None where it is a channel's own: all its events."""
        cursor = await self._conn.execute(
            _FIND_ADDRESS,
            {
                "customer_id": self._customer_id,
                "kinds": [address.kind for address in self._wanted.addresses],
                "values": [address.value for address in self._wanted.addresses],
            },
        )
        [(hashes, own_channel_ids)] = await cursor.fetchall()
        if not own_channel_ids:
            return hashes
        given = self._channel_ids
        self._channel_ids = [own for own in own_channel_ids if given is None or own in given]
        return None

    async def _by_provider_id(self) -> list[str]:
        identity = self._wanted.provider_message_id or ""
        words = self._wanted.receipt_words
        words = (*words, *(word.upper() for word in words))
        keys = [message_event(identity, b"").dedup_key]
        keys += [receipt_event(identity, word, b"").dedup_key for word in words]
        return await self._ids(
            _BY_PROVIDER_ID,
            {
                "dedup_keys": keys,
                "provider_message_id": message_event(identity, b"").provider_message_id,
                "row_count": _MOST_GIVEN,
            },
        )

    async def _by_address(self, hashes: Sequence[int], within: _Range) -> _Found:
        ids = await self._addressed(hashes, within)
        found = await self._among(ids, within, None)
        return replace(found, edge=ids[-1] if len(ids) == _MOST_GIVEN else None)

    async def _addressed(self, hashes: Sequence[int], within: _Range) -> list[str]:
        return await self._ids(
            _BY_ADDRESS,
            {
                "hashes": list(hashes),
                "before_id": within.before_id,
                "from_id": within.from_id,
                "most_conversations": _MOST_CONVERSATIONS,
                "row_count": _MOST_GIVEN,
            },
        )

    async def _among(
        self, ids: Sequence[str], within: _Range, hashes: Sequence[int] | None
    ) -> _Found:
        """Match events that are known by id already; there are few."""
        if hashes is not None:
            addressed = set(await self._addressed(hashes, within))
            ids = [event_id for event_id in ids if event_id in addressed]
        parameters = {"event_ids": list(ids), **self._filters(within)}
        return _Found(ids=await self._ids(_MATCH_GIVEN, parameters), edge=None)

    async def _along(self, source: _Source, within: _Range) -> _Found:
        """Walk on, in wider windows, until the page is full or enough was looked at."""
        ids: list[str] = []
        window = max(_FIRST_WINDOW, self._row_count)
        for _ in range(_MOST_WINDOWS):
            edge = await self._edge(source, within, window)
            here = replace(within, from_id=edge or within.from_id)
            found = await self._ids(_MATCHES[source], self._filters(here))
            ids += found[: self._row_count - len(ids)]
            if edge is None or len(ids) == self._row_count:
                return _Found(ids=ids, edge=None)
            within, window = replace(within, before_id=edge), _WIDEST_WINDOW
        return _Found(ids=ids, edge=within.before_id)

    async def _edge(self, source: _Source, within: _Range, window: int) -> str | None:
        """Find where a window ends; None where there are fewer rows left."""
        parameters = {"before_id": within.before_id, "from_id": within.from_id, "window": window}
        edge = await self._ids(_EDGES[source], parameters)
        return edge[0] if edge else None

    def _filters(self, within: _Range) -> dict[str, Any]:
        wanted = self._wanted
        return {
            "before_id": within.before_id,
            "from_id": within.from_id,
            "channel_ids": self._channel_ids,
            "kind": wanted.kind,
            "signature": wanted.signature,
            "status": wanted.status,
            "error_class": wanted.error_class,
            "is_settled": wanted.status == "processed",
            "row_count": self._row_count,
        }

    async def _ids(self, statement: bytes, parameters: dict[str, Any]) -> list[str]:
        cursor = await self._conn.execute(
            statement, {"customer_id": self._customer_id, **parameters}
        )
        return [event_id for (event_id,) in await cursor.fetchall()]


def _source(wanted: OpsEventFilter) -> _Source:
    """Choose the smallest table that holds everything that can match."""
    if wanted.status == "dead_letter":
        return "dead_letters"
    if wanted.error_class or wanted.status == "error":
        return "failures"
    return "queue" if wanted.status == "received" else "events"


def _range(wanted: OpsEventFilter, before: str | None) -> _Range:
    until = first_id_at(wanted.until) if wanted.until else LAST_ID
    return _Range(
        before_id=min(before or LAST_ID, until),
        from_id=first_id_at(wanted.since) if wanted.since else FIRST_ID,
    )


async def _show(conn: Connection, customer_id: int, event_ids: Sequence[str]) -> list[ListedEvent]:
    async with conn.cursor(row_factory=class_row(ListedEvent)) as cursor:
        await cursor.execute(_SHOW, {"customer_id": customer_id, "event_ids": list(event_ids)})
        return await cursor.fetchall()


_EDGES: dict[_Source, bytes] = {
    "events": _EVENT_EDGE,
    "queue": _QUEUE_EDGE,
    "dead_letters": _DEAD_LETTER_EDGE,
    "failures": _FAILURE_EDGE,
}
_MATCHES: dict[_Source, bytes] = {
    "events": _MATCH_EVENTS,
    "queue": _MATCH_QUEUED,
    "dead_letters": _MATCH_DEAD_LETTERS,
    "failures": _MATCH_FAILED,
}

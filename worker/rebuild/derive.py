"""Reads settled events again and writes what follows from them into the second schema.

The worker's own code reads, normalises and writes; only the schema is another one.
"""

from collections.abc import Collection, Mapping, Sequence

from domain.channel import Channel
from domain.conversation import message_id_hash
from domain.event import ClaimedEvent
from domain.identity import conversation_id
from domain.provider import Provider
from domain.receipt import NewReceipt
from store.channels import channels_of
from store.database import Connection
from store.rebuild import Derived, Scope, enter_schema, insert_derived, next_events
from store.receipts import record_receipts
from worker.reading.draft import MessageDraft
from worker.reading.event import Outcome, read_event
from worker.rebuild.parts import join_again
from worker.writing.messages import write_messages
from worker.writing.reports import attach_reports
from worker.writing.row_cache import RowCache

_EVENTS_AT_ONCE = 1_000
_NO_ID = "00000000-0000-0000-0000-000000000000"


class Derivation:
    """Goes through the events of a scope, in the order of their ids, as often as it is asked to."""

    def __init__(self, conn: Connection, scope: Scope, providers: Mapping[str, Provider]) -> None:
        self._conn = conn
        self._scope = scope
        self._providers = providers
        self._row_cache = RowCache()
        self._after_id = _NO_ID
        self._are_copies = False

    async def read_some(self) -> int:
        """Derive some more events in a transaction of their own; 0 at the end."""
        async with self._conn.transaction():
            await enter_schema(self._conn)
            return await self._next(self._row_cache)

    async def read_rest(self) -> None:
        """Derive what was settled meanwhile, older events too, within the caller's transaction."""
        await enter_schema(self._conn)
        self._after_id, self._are_copies = _NO_ID, False
        # What was learned before is committed; what this learns may yet be undone.
        while await self._next(RowCache()):
            pass

    async def _next(self, row_cache: RowCache) -> int:
        events = await self._events()
        if not events and not self._are_copies:
            self._after_id, self._are_copies = _NO_ID, True
            events = await self._events()
        if not events:
            return 0
        self._after_id = events[-1].id
        outcomes = await read_all(self._conn, events, self._providers)
        drafts = messages_in(outcomes)
        receipts = [found for found in outcomes if isinstance(found, NewReceipt)]
        copies: Collection[str] = ()
        if drafts:
            learned = await write_messages(self._conn, drafts, row_cache)
            row_cache.learn(learned)
            copies = learned.copies
        if receipts:
            await record_receipts(self._conn, receipts, lambda _provider, _code: "")
        derived = [
            _derived(event, outcome, is_copy=event.id in copies)
            for event, outcome in zip(events, outcomes, strict=True)
        ]
        await insert_derived(self._conn, self._scope, derived)
        return len(events)

    async def _events(self) -> list[ClaimedEvent]:
        return await next_events(
            self._conn,
            self._scope,
            self._after_id,
            _EVENTS_AT_ONCE,
            are_copies=self._are_copies,
        )


async def read_all(
    conn: Connection, events: Sequence[ClaimedEvent], providers: Mapping[str, Provider]
) -> list[Outcome]:
    """Read events with the channels that they came by; join parts, find what is reported on."""
    keys = [(event.customer_id, event.channel_id) for event in events]
    channels: Mapping[tuple[int, str], Channel] = await channels_of(conn, keys)
    outcomes = [
        read_event(event, channels[event.customer_id, event.channel_id], providers)
        for event in events
    ]
    return await attach_reports(conn, await join_again(conn, outcomes, channels, providers))


def messages_in(outcomes: Sequence[Outcome]) -> list[MessageDraft]:
    """List the messages; what is only a part of one is none."""
    drafts = [found for found in outcomes if isinstance(found, MessageDraft)]
    return [draft for draft in drafts if draft.part is None]


def _derived(event: ClaimedEvent, outcome: Outcome, *, is_copy: bool) -> Derived:
    if isinstance(outcome, NewReceipt):
        return Derived(event_id=event.id, channel_id=event.channel_id, kind="receipt")
    if not isinstance(outcome, MessageDraft):
        return Derived(event_id=event.id, channel_id=event.channel_id, kind="unread")
    if outcome.part is not None:
        return Derived(event_id=event.id, channel_id=event.channel_id, kind="part")
    thread = outcome.thread
    return Derived(
        event_id=event.id,
        channel_id=event.channel_id,
        kind="copy" if is_copy else "message",
        key_hash=outcome.key_hash,
        home=conversation_id(event.customer_id, event.channel_id, outcome.key_hash),
        own_id=message_id_hash(thread.message_id) if thread and thread.message_id else None,
        own_address=outcome.own_address,
        references=tuple(map(message_id_hash, thread.references)) if thread else (),
        preview=outcome.preview,
    )

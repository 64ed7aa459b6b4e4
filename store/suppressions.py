"""Addresses to which nothing is sent: why, since when, and that somebody lifted it.

Rows are only added; what stands follows from all of them, so their order does not matter. Gives
reasons no meaning.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from domain.actor import Actor
from domain.address import Address, AddressKind
from domain.consent import ConsentSource
from domain.identity import derived_uuid
from domain.receipt import NewReceipt
from domain.suppression import SuppressionReason, suppression_reason
from store.addresses import MetAddress, ensure_addresses
from store.consent_locks import hold_addresses
from store.database import Connection
from store.outbox import Change, append_changes
from store.sql import statements

_SQL = statements("suppressions")
_ADD = _SQL["add_suppressions"]
_LIST_CONTACTS = _SQL["list_contacts_of_standing"]
_ADD_MANUAL = _SQL["add_manual"]
_FIND = _SQL["find_suppression"]
_LIFT = _SQL["lift"]
_LIST = _SQL["list_standing"]
_LIST_PAGE = _SQL["list_page"]
_COUNT = _SQL["count_suppressed"]
_COUNT_RECIPIENTS = _SQL["count_suppressed_recipients"]

ADDED = "suppression.added"
LIFTED = "suppression.lifted"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingSuppression:
    """That nothing is sent to an address; without a `channel_id` no channel does."""

    id: str
    kind: AddressKind
    address: str
    contact_id: str | None
    reason: SuppressionReason
    since: datetime
    channel_id: str | None
    event_id: str | None
    agent_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSuppression:
    """A suppression with whom it is about, whether it `stands` or was lifted."""

    address: Address
    address_hash: int
    channel_id: str | None
    contact_id: str | None
    reason: SuppressionReason
    stands: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSuppression:
    """What is told of an address by `told_by`, which with the address names the suppression.

    That is an event, or else the try at a text that was refused. `channel_id`, `source` and `word`
    are of an opt-out alone, `agent_id` of one that somebody recorded.
    """

    customer_id: int
    address: Address
    reason: SuppressionReason
    told_by: str
    event_id: str | None
    since: datetime
    channel_id: str | None = None
    source: ConsentSource | None = None
    word: str | None = None
    agent_id: str | None = None

    @property
    def id(self) -> str:
        return derived_uuid("suppression", self.customer_id, self.told_by, str(self.address))


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppressed:
    """To how many addresses nothing is sent, and how many of them have opted out of texts."""

    count: int
    opted_out: int


async def suppress_by_receipts(conn: Connection, receipts: Sequence[NewReceipt]) -> None:
    """Send nothing more to those of whom providers say so, and tell those who follow.

    What was lifted after it happened does not stand again, however late or often it is told.
    """
    told = [
        NewSuppression(
            customer_id=receipt.event.customer_id,
            address=address,
            reason=reason,
            told_by=receipt.event.id,
            event_id=receipt.event.id,
            since=min(receipt.occurred_at, receipt.event.received_at),
        )
        for receipt in receipts
        for address in receipt.suppressed
        if (reason := suppression_reason(receipt.receipt)) is not None
    ]
    if told:
        await add_suppressions(conn, told)


async def add_suppressions(conn: Connection, told: Sequence[NewSuppression]) -> None:
    """Keep why nothing is sent to addresses, and tell those who follow; each event counts once.

    No text leaves meanwhile for whoever opts out. To be called once all else is locked.
    """
    hashes = await ensure_addresses(conn, [met(new.customer_id, new.address) for new in told])
    opted_out = {hashes[new.customer_id, new.address] for new in told if new.reason == "opt_out"}
    if opted_out:
        await hold_addresses(conn, opted_out)
    cursor = await conn.execute(
        _ADD,
        {
            "customer_ids": [new.customer_id for new in told],
            "ids": [new.id for new in told],
            "address_hashes": [hashes[new.customer_id, new.address] for new in told],
            "channel_ids": [new.channel_id for new in told],
            "reasons": [new.reason for new in told],
            "event_ids": [new.event_id for new in told],
            "sources": [new.source for new in told],
            "words": [new.word for new in told],
            "agent_ids": [new.agent_id for new in told],
            "sinces": [new.since for new in told],
        },
    )
    added = await cursor.fetchall()
    cursor = await conn.execute(
        _LIST_CONTACTS,
        {"customer_ids": [row[0] for row in added], "ids": [row[1] for row in added]},
    )
    await tell_of_contacts(conn, ADDED, await cursor.fetchall())


async def tell_of_contacts(
    conn: Connection, change_type: str, contacts: Sequence[tuple[int, str]]
) -> None:
    """Tell those who follow of contacts, each with its customer."""
    by_customer: dict[int, list[Change]] = {}
    for customer_id, contact_id in contacts:
        change = Change(type=change_type, object_id=contact_id)
        by_customer.setdefault(customer_id, []).append(change)
    for customer_id, changes in sorted(by_customer.items()):
        await append_changes(conn, customer_id, changes)


async def add_manual(conn: Connection, actor: Actor, suppression_id: str, address: Address) -> None:
    """Send nothing more to an address, which is stored if need be, because somebody says so."""
    hashes = await ensure_addresses(conn, [met(actor.customer_id, address)])
    await conn.execute(
        _ADD_MANUAL,
        {
            "customer_id": actor.customer_id,
            "id": suppression_id,
            "address_hash": hashes[actor.customer_id, address],
            "agent_id": actor.agent_id,
        },
    )


async def find_suppression(
    conn: Connection, customer_id: int, suppression_id: str
) -> FoundSuppression | None:
    """Find a suppression, lifted or not."""
    parameters = {"customer_id": customer_id, "id": suppression_id}
    row = await (await conn.execute(_FIND, parameters)).fetchone()
    if row is None:
        return None
    return FoundSuppression(
        address=Address(row[0], row[1]),
        address_hash=row[2],
        channel_id=row[3],
        contact_id=row[4],
        reason=row[5],
        stands=row[6],
    )


async def lift(conn: Connection, actor: Actor, lift_id: str, found: FoundSuppression) -> datetime:
    """Let all that has happened to the address so far count no more; return since when."""
    cursor = await conn.execute(
        _LIFT,
        {
            "customer_id": actor.customer_id,
            "id": lift_id,
            "address_hash": found.address_hash,
            "channel_id": found.channel_id,
            "agent_id": actor.agent_id,
        },
    )
    row = await cursor.fetchone()
    if row is None:
        raise RuntimeError("a suppression that was found is not there")
    return row[0]


async def list_standing(
    conn: Connection, customer_id: int, addresses: Collection[Address] | None = None
) -> list[StandingSuppression]:
    """List to whom nothing is sent, each once, by address; with some, of these alone."""
    async with conn.cursor(row_factory=class_row(StandingSuppression)) as cursor:
        await cursor.execute(
            _LIST,
            {
                "customer_id": customer_id,
                "kinds": None if addresses is None else [each.kind for each in addresses],
                "values": None if addresses is None else [each.value for each in addresses],
            },
        )
        return await cursor.fetchall()


async def list_page(
    conn: Connection,
    customer_id: int,
    *,
    addresses: Collection[Address],
    after_id: str,
    limit: int,
) -> list[StandingSuppression]:
    """List up to `limit` standing suppressions by id; with addresses, of any of these."""
    async with conn.cursor(row_factory=class_row(StandingSuppression)) as cursor:
        await cursor.execute(
            _LIST_PAGE,
            {
                "customer_id": customer_id,
                "kinds": [each.kind for each in addresses] or None,
                "values": [each.value for each in addresses] or None,
                "after_id": after_id,
                "limit": limit,
            },
        )
        return await cursor.fetchall()


async def count_suppressed(
    conn: Connection, customer_id: int, channel_id: str, address_hashes: Collection[int]
) -> Suppressed:
    """Count to how many of these addresses a channel sends nothing."""
    parameters = {
        "customer_id": customer_id,
        "channel_id": channel_id,
        "address_hashes": list(address_hashes),
    }
    return await _counted(conn, _COUNT, parameters)


async def count_suppressed_recipients(
    conn: Connection, customer_id: int, message_id: str
) -> Suppressed:
    """Count to how many recipients of a message nothing is sent."""
    parameters = {"customer_id": customer_id, "message_id": message_id}
    return await _counted(conn, _COUNT_RECIPIENTS, parameters)


async def _counted(conn: Connection, query: bytes, parameters: Mapping[str, object]) -> Suppressed:
    row = await (await conn.execute(query, parameters)).fetchone()
    return Suppressed(count=row[0], opted_out=row[1]) if row else Suppressed(count=0, opted_out=0)


def met(customer_id: int, address: Address) -> MetAddress:
    """Name an address as somebody's who need not have written."""
    return MetAddress(customer_id=customer_id, address=address, is_validated=True, is_outside=False)

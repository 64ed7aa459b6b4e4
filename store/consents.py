"""That people opted out of the texts of a channel, in again, or asked for help; once by each event.

What stands follows from when the events came in, not from the order in which they are worked on. A
provider that refuses a text tells of an opt-out, too, which was there when the text left.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.address import Address
from domain.consent import ToldConsent
from domain.identity import derived_uuid
from store.addresses import ensure_addresses
from store.database import Connection
from store.sql import statements
from store.suppressions import LIFTED, NewSuppression, add_suppressions, met, tell_of_contacts

_SQL = statements("consents")
_ADD_OPT_INS = _SQL["add_opt_ins"]
_ADD_HELP_REQUESTS = _SQL["add_help_requests"]
_LIST_REFUSED = _SQL["list_refused_recipients"]
_LIST_MESSAGES = _SQL["list_messages_of_receipts"]
_LIST_CONTACTS = _SQL["list_contacts_of_lifts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConsent:
    """What somebody says of the texts of a channel, and when the event that says so came in."""

    customer_id: int
    event_id: str
    channel_id: str
    address: Address
    told: ToldConsent
    at: datetime

    @property
    def id(self) -> str:
        """The id of the opt-in, or of the request for help."""
        kind = self.told.consent
        return derived_uuid(kind, self.customer_id, self.event_id, str(self.address))


async def record_consents(conn: Connection, given: Sequence[NewConsent]) -> None:
    """Send nothing more to those who opted out, and again to those who opted in later.

    Who asked for help is kept, and changes nothing.
    """
    opt_outs = [
        NewSuppression(
            customer_id=new.customer_id,
            address=new.address,
            reason="opt_out",
            told_by=new.event_id,
            event_id=new.event_id,
            since=new.at,
            channel_id=new.channel_id,
            source=new.told.source,
            word=new.told.word,
        )
        for new in given
        if new.told.consent == "opt_out"
    ]
    opt_ins = [new for new in given if new.told.consent == "opt_in"]
    requests = [new for new in given if new.told.consent == "help"]
    if requests:
        await _add(conn, _ADD_HELP_REQUESTS, requests)
    if opt_outs:
        await add_suppressions(conn, opt_outs)
    if opt_ins:
        await _tell_of_lifts(conn, await _add(conn, _ADD_OPT_INS, opt_ins))


async def suppress_refused(conn: Connection, messages: Collection[tuple[int, str]]) -> None:
    """Send nothing more to the only recipients of texts that were refused for their opt-out."""
    cursor = await conn.execute(
        _LIST_REFUSED,
        {
            "customer_ids": [customer_id for customer_id, _ in messages],
            "ids": [message_id for _, message_id in messages],
        },
    )
    refused = [
        NewSuppression(
            customer_id=row[0],
            address=Address(row[3], row[4]),
            reason="opt_out",
            told_by=f"{row[1]} {row[5]}",
            event_id=None,
            since=row[6],
            channel_id=row[2],
            source="refusal",
        )
        for row in await cursor.fetchall()
    ]
    if refused:
        await add_suppressions(conn, refused)


async def list_messages_of_receipts(
    conn: Connection, events: Collection[tuple[int, str]]
) -> list[tuple[int, str]]:
    """List which messages of ours the receipts of these events are about."""
    cursor = await conn.execute(
        _LIST_MESSAGES,
        {
            "customer_ids": [customer_id for customer_id, _ in events],
            "event_ids": [event_id for _, event_id in events],
        },
    )
    return await cursor.fetchall()


async def _add(
    conn: Connection, query: bytes, given: Sequence[NewConsent]
) -> list[tuple[int, str]]:
    """Keep what is not kept already; return with their customers which are."""
    hashes = await ensure_addresses(conn, [met(new.customer_id, new.address) for new in given])
    cursor = await conn.execute(
        query,
        {
            "customer_ids": [new.customer_id for new in given],
            "ids": [new.id for new in given],
            "address_hashes": [hashes[new.customer_id, new.address] for new in given],
            "channel_ids": [new.channel_id for new in given],
            "event_ids": [new.event_id for new in given],
            "sources": [new.told.source for new in given],
            "words": [new.told.word for new in given],
            "ats": [new.at for new in given],
        },
    )
    return await cursor.fetchall()


async def _tell_of_lifts(conn: Connection, added: Sequence[tuple[int, str]]) -> None:
    cursor = await conn.execute(
        _LIST_CONTACTS,
        {"customer_ids": [row[0] for row in added], "ids": [row[1] for row in added]},
    )
    await tell_of_contacts(conn, LIFTED, await cursor.fetchall())

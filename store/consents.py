"""That people opted out of the texts of a channel, or in again; each event counts once.

What stands follows from when the events came in, not from the order in which they are worked on. A
provider that refuses a text tells of an opt-out, too, which was there when the text left.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.address import Address
from domain.consent import Consent
from domain.identity import derived_uuid
from store.addresses import ensure_addresses
from store.database import Connection
from store.sql import statements
from store.suppressions import LIFTED, NewSuppression, add_suppressions, met, tell_of_contacts

_SQL = statements("consents")
_ADD_OPT_INS = _SQL["add_opt_ins"]
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
    consent: Consent
    at: datetime

    @property
    def lift_id(self) -> str:
        return derived_uuid("opt_in", self.customer_id, self.event_id, str(self.address))


async def record_consents(conn: Connection, given: Sequence[NewConsent]) -> None:
    """Send nothing more to those who opted out, and again to those who opted in later."""
    opt_outs = [
        NewSuppression(
            customer_id=new.customer_id,
            address=new.address,
            reason="opt_out",
            told_by=new.event_id,
            event_id=new.event_id,
            since=new.at,
            channel_id=new.channel_id,
        )
        for new in given
        if new.consent == "opt_out"
    ]
    opt_ins = [new for new in given if new.consent == "opt_in"]
    if opt_outs:
        await add_suppressions(conn, opt_outs)
    if opt_ins:
        await _add_opt_ins(conn, opt_ins)


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


async def _add_opt_ins(conn: Connection, opt_ins: Sequence[NewConsent]) -> None:
    hashes = await ensure_addresses(conn, [met(new.customer_id, new.address) for new in opt_ins])
    cursor = await conn.execute(
        _ADD_OPT_INS,
        {
            "customer_ids": [new.customer_id for new in opt_ins],
            "ids": [new.lift_id for new in opt_ins],
            "address_hashes": [hashes[new.customer_id, new.address] for new in opt_ins],
            "channel_ids": [new.channel_id for new in opt_ins],
            "event_ids": [new.event_id for new in opt_ins],
            "lifted_ats": [new.at for new in opt_ins],
        },
    )
    added = await cursor.fetchall()
    cursor = await conn.execute(
        _LIST_CONTACTS,
        {"customer_ids": [row[0] for row in added], "ids": [row[1] for row in added]},
    )
    await tell_of_contacts(conn, LIFTED, await cursor.fetchall())

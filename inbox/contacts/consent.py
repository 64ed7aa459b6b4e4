"""That somebody wants no more texts of a channel, recorded by hand: they said so in other words."""

from collections.abc import Collection
from datetime import datetime

from domain.actor import Actor
from domain.address import Address
from domain.errors import Conflict, NotFound, wrong_field
from store.audit import AuditEntry, record_audit
from store.channels import find_channel
from store.contacts import find_contact, list_contact_addresses
from store.database import Connection
from store.suppressions import ADDED, NewSuppression, add_suppressions, list_standing


async def opt_out(
    conn: Connection,
    actor: Actor,
    *,
    new_ids: tuple[str, str],
    now: datetime,
    contact_id: str,
    readings: Collection[Address],
    channel_id: str,
) -> str:
    """Text an address of a contact no more by this channel; return the contact's id.

    `readings` are what is meant by the address, `new_ids` for the opt-out and its audit.

    Raises: NotFound, ValidationFailed, Conflict.
    """
    contact = await find_contact(conn, actor.customer_id, contact_id)
    if contact is None:
        raise NotFound("there is no such contact")
    known = await list_contact_addresses(conn, actor.customer_id, [contact.id])
    meant = {Address(each.kind, each.value) for each in known}.intersection(readings)
    if not meant:
        raise wrong_field("address", "not_of_contact", "address must be one of the contact's")
    channel = await find_channel(conn, actor.customer_id, channel_id)
    if channel is None or channel.channel.kind != "sms":
        raise wrong_field("channel_id", "not_found", "channel_id must be a channel of texts")
    address = min(meant)
    standing = await list_standing(conn, actor.customer_id, [address])
    if any(each.channel_id == channel_id for each in standing):
        raise Conflict("they have opted out of texts from this channel already")
    told_by, entry_id = new_ids
    told = NewSuppression(
        customer_id=actor.customer_id,
        address=address,
        reason="opt_out",
        told_by=told_by,
        event_id=None,
        since=now,
        channel_id=channel_id,
        source="manual",
        agent_id=actor.agent_id,
    )
    await add_suppressions(conn, [told])
    detail = {"reason": "opt_out", "channel_id": channel_id}
    entry = AuditEntry(id=entry_id, action=ADDED, object_id=told.id, detail=detail)
    await record_audit(conn, actor, [entry])
    return contact.id

"""What agents do to contacts: add and name them, add addresses, merge them, take that back."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.actor import Actor
from domain.address import Address
from domain.errors import Conflict, NotFound, VersionMismatch, invalid_field, wrong_field
from domain.identity import contact_id
from store.addresses import MetAddress, ensure_addresses
from store.audit import AuditEntry, record_audit
from store.channels import is_own_address
from store.contacts import (
    BEFORE_ALL,
    HeldContact,
    HeldMerge,
    attach_address,
    find_contact,
    hold_contact_merge,
    hold_contacts,
    list_contacts,
    move_addresses_back,
    move_all_addresses,
    record_contact_merge,
    rename_contact,
    replace_contact,
    undo_contact_merge,
)
from store.database import Connection
from store.outbox import Change, append_changes

LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactMerged:
    """`moved` counts the addresses that changed hands."""

    merge_id: str
    from_id: str
    into_id: str
    moved: int


async def add_contact(
    conn: Connection,
    actor: Actor,
    *,
    entry_id: str,
    name: str | None,
    address: Address,
    is_validated: bool,
) -> str:
    """Add who is behind an address that nobody has written from yet; return the contact's id.

    It is the id that the contact would get by a message, which finds it there.

    Raises: ValidationFailed, Conflict.
    """
    customer_id = actor.customer_id
    await _check_not_own(conn, customer_id, address)
    if await list_contacts(conn, customer_id, addresses=[address], after_id=BEFORE_ALL, limit=1):
        raise Conflict("a contact has this address already")
    met = MetAddress(
        customer_id=customer_id,
        address=address,
        is_validated=is_validated,
        is_outside=True,
        name=name,
    )
    await ensure_addresses(conn, [met])
    held = await _hold_standing(conn, customer_id, contact_id(customer_id, str(address)))
    version = held.version
    if held.name != name:
        version = await rename_contact(conn, customer_id, held.id, name)
    await _tell(conn, actor, entry_id, "contact.added", {held.id: version}, {"kind": address.kind})
    return held.id


async def name_contact(
    conn: Connection,
    actor: Actor,
    *,
    entry_id: str,
    named: str,
    name: str | None,
    version: int | None = None,
) -> str:
    """Say what a person is called; return the contact's id, which another may have the place of.

    Raises: NotFound, VersionMismatch.
    """
    held = await _hold_standing(conn, actor.customer_id, named)
    if version is not None and held.version != version:
        raise VersionMismatch("the contact has another version by now")
    if held.name != name:
        new_version = await rename_contact(conn, actor.customer_id, held.id, name)
        await _tell(conn, actor, entry_id, "contact.renamed", {held.id: new_version}, {})
    return held.id


async def add_address(
    conn: Connection,
    actor: Actor,
    *,
    entry_id: str,
    named: str,
    address: Address,
    is_validated: bool,
) -> str:
    """Put a contact behind an address that nobody is behind; return the contact's id.

    Raises: NotFound, ValidationFailed, Conflict.
    """
    held = await _hold_standing(conn, actor.customer_id, named)
    await _check_not_own(conn, actor.customer_id, address)
    owner = await attach_address(
        conn, actor.customer_id, held.id, address, is_validated=is_validated
    )
    if owner is None:
        version = await rename_contact(conn, actor.customer_id, held.id, held.name)
        detail = {"kind": address.kind}
        await _tell(conn, actor, entry_id, "contact.address_added", {held.id: version}, detail)
    elif owner != held.id:
        raise Conflict("another contact has this address: merge the contacts instead")
    return held.id


async def merge_contacts(
    conn: Connection, actor: Actor, *, new_ids: tuple[str, str], from_id: str, into_id: str
) -> ContactMerged:
    """Let one contact take the place of another, with all its addresses.

    `new_ids` are for the record and the audit.

    Raises: NotFound, ValidationFailed, Conflict.
    """
    customer_id = actor.customer_id
    taken, into = await _hold_two(conn, customer_id, from_id, into_id)
    hashes = await move_all_addresses(conn, customer_id, taken.id, into.id)
    merge = HeldMerge(
        from_id=taken.id,
        into_id=into.id,
        address_hashes=hashes,
        into_name_before=into.name,
        undone_at=None,
    )
    await record_contact_merge(conn, customer_id, new_ids[0], merge, actor.agent_id)
    versions = {
        taken.id: await replace_contact(conn, customer_id, taken.id, into.id),
        into.id: await rename_contact(conn, customer_id, into.id, into.name or taken.name),
    }
    detail = {"into_id": into.id, "moved": len(hashes)}
    await _tell(conn, actor, new_ids[1], "contact.merged", versions, detail)
    return ContactMerged(merge_id=new_ids[0], from_id=taken.id, into_id=into.id, moved=len(hashes))


async def undo_merge(
    conn: Connection, actor: Actor, *, entry_id: str, merge_id: str
) -> ContactMerged:
    """Give a merged contact its place and its addresses back.

    Raises: NotFound, Conflict.
    """
    customer_id = actor.customer_id
    merge = await hold_contact_merge(conn, customer_id, merge_id)
    if merge is None:
        raise NotFound("there is no such merge")
    if merge.undone_at is not None:
        raise Conflict("this merge was undone already")
    held = await hold_contacts(conn, customer_id, [merge.from_id, merge.into_id])
    taken, into = held[merge.from_id], held[merge.into_id]
    if into.merged_into is not None or taken.merged_into != into.id:
        raise Conflict("the contact was merged into another one since: undo that first")
    hashes = await move_addresses_back(conn, customer_id, merge)
    if merge.address_hashes and not hashes:
        raise Conflict("none of the addresses is where the merge put it")
    # The name went over with the merge only where there was none before.
    was_given = merge.into_name_before is None and into.name == taken.name
    versions = {
        taken.id: await replace_contact(conn, customer_id, taken.id, None),
        into.id: await rename_contact(conn, customer_id, into.id, None if was_given else into.name),
    }
    await undo_contact_merge(conn, customer_id, merge_id)
    detail = {"into_id": into.id, "moved": len(hashes)}
    await _tell(conn, actor, entry_id, "contact.unmerged", versions, detail)
    return ContactMerged(merge_id=merge_id, from_id=taken.id, into_id=into.id, moved=len(hashes))


async def _check_not_own(conn: Connection, customer_id: int, address: Address) -> None:
    if await is_own_address(conn, customer_id, address.value):
        detail = "address is an own address of a channel: nobody else is behind it"
        raise wrong_field("address", "own_address", detail)


async def _hold_standing(conn: Connection, customer_id: int, named: str) -> HeldContact:
    """Hold a contact, or the one that took its place."""
    found = await find_contact(conn, customer_id, named)
    held = (await hold_contacts(conn, customer_id, [found.id])).get(found.id) if found else None
    if held is None:
        raise NotFound("there is no such contact")
    if held.merged_into is not None:
        raise Conflict("the contact was merged a moment ago: look again")
    return held


async def _hold_two(
    conn: Connection, customer_id: int, from_id: str, into_id: str
) -> tuple[HeldContact, HeldContact]:
    into = await find_contact(conn, customer_id, into_id)
    held = await hold_contacts(conn, customer_id, [from_id, *([into.id] if into else [])])
    if from_id not in held:
        raise NotFound("there is no such contact")
    if into is None:
        raise invalid_field("into_id", "unknown", "a contact")
    taken, target = held[from_id], held[into.id]
    if taken.id == target.id or taken.merged_into == target.id:
        raise Conflict("they are one contact already")
    if taken.merged_into is not None or target.merged_into is not None:
        raise Conflict("the contact was merged into another one already")
    return taken, target


async def _tell(
    conn: Connection,
    actor: Actor,
    entry_id: str,
    action: str,
    versions: dict[str, int],
    detail: Mapping[str, object],
) -> None:
    """Record an action on the first of these contacts, and tell of all of them."""
    subject = next(iter(versions))
    entry = AuditEntry(id=entry_id, action=action, object_id=subject, detail=detail)
    await record_audit(conn, actor, [entry])
    changes = [
        Change(
            type="contact.merged"
            if action == "contact.merged" and contact == subject
            else "contact.updated",
            object_id=contact,
            version=version,
        )
        for contact, version in versions.items()
    ]
    await append_changes(conn, actor.customer_id, changes)

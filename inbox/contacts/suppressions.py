"""What people decide about addresses: to send nothing there, or to send there again."""

from dataclasses import dataclass
from datetime import datetime

from domain.actor import Actor
from domain.address import Address
from domain.errors import Conflict, NotFound
from domain.suppression import SuppressionReason
from store.audit import AuditEntry, record_audit
from store.channels import is_own_address
from store.database import Connection
from store.outbox import Change, append_changes
from store.suppressions import (
    ADDED,
    LIFTED,
    FoundSuppression,
    add_manual,
    find_suppression,
    lift,
    list_standing,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifted:
    """That an address is written to again; `reason` is why it was not."""

    id: str
    address: Address
    reason: SuppressionReason
    lifted_at: datetime


async def suppress_address(
    conn: Connection, actor: Actor, *, new_ids: tuple[str, str], address: Address
) -> str:
    """Send nothing to an address from now on; `new_ids` are for that and its audit.

    Raises: Conflict.
    """
    if await is_own_address(conn, actor.customer_id, address.value):
        raise Conflict("it is an own address of a channel: nothing is sent there anyhow")
    if await list_standing(conn, actor.customer_id, [address]):
        raise Conflict("nothing is sent to this address already")
    suppression_id, entry_id = new_ids
    await add_manual(conn, actor, suppression_id, address)
    added = await find_suppression(conn, actor.customer_id, suppression_id)
    if added is not None:
        await _tell(conn, actor, ADDED, entry_id, suppression_id, added)
    return suppression_id


async def lift_suppression(
    conn: Connection, actor: Actor, *, new_ids: tuple[str, str], suppression_id: str
) -> Lifted:
    """Let whatever has happened to an address count no more; `new_ids` are for that and its audit.

    Raises: NotFound, Conflict.
    """
    found = await find_suppression(conn, actor.customer_id, suppression_id)
    if found is None:
        raise NotFound("there is no such suppression")
    if not found.stands:
        raise Conflict("this suppression was lifted already")
    lift_id, entry_id = new_ids
    lifted_at = await lift(conn, actor, lift_id, found)
    await _tell(conn, actor, LIFTED, entry_id, suppression_id, found)
    return Lifted(
        id=suppression_id, address=found.address, reason=found.reason, lifted_at=lifted_at
    )


async def _tell(
    conn: Connection,
    actor: Actor,
    action: str,
    entry_id: str,
    suppression_id: str,
    found: FoundSuppression,
) -> None:
    """Record it without the address, and tell of the contact, if there is one."""
    detail = {"reason": found.reason}
    entry = AuditEntry(id=entry_id, action=action, object_id=suppression_id, detail=detail)
    await record_audit(conn, actor, [entry])
    if found.contact_id is not None:
        change = Change(type=action, object_id=found.contact_id)
        await append_changes(conn, actor.customer_id, [change])

"""Messages of which nobody knows whether they were sent: whose provider is asked, and what came of
it.

A lease is the time at which the message would be due again; that time is its fence. Runs inside
the caller's transaction; knows no provider and no HTTP.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from store.database import Connection
from store.receipts import Advance, Explain, MessageKey, advance_messages, hold_receipts
from store.sending import become_sent
from store.sql import statements

_SQL = statements("look_ups")
_LEASE = _SQL["lease_look_up"]
_HOLD_UNKNOWN = _SQL["hold_unknown"]
_END = _SQL["end_look_up"]
_PUT_OFF = _SQL["put_off_look_up"]
_LIST_TAKEN = _SQL["list_taken_ids"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """A message in the hands of whoever asks for it."""

    customer_id: int
    message_id: str
    channel_id: str
    attempted_at: datetime
    look_count: int
    leased_until: datetime

    @property
    def key(self) -> MessageKey:
        return self.customer_id, self.message_id


async def lease_look_up(conn: Connection, lease_seconds: float) -> LookUp | None:
    """Lease the message that is due the longest; None where none is."""
    row = await (await conn.execute(_LEASE, {"lease_seconds": lease_seconds})).fetchone()
    if row is None:
        return None
    return LookUp(
        customer_id=row[0],
        message_id=row[1],
        channel_id=row[2],
        attempted_at=row[3],
        look_count=row[4],
        leased_until=row[5],
    )


async def settle_found(
    conn: Connection, look_up: LookUp, provider_message_ids: Sequence[str], explain: Explain
) -> str | None:
    """Record that the provider has the message, under the first of these ids that is no other's.

    None where all are, or nobody has to ask any more: by a receipt, a retry, or somebody else's
    look. Receipts that came before count now.
    """
    await hold_receipts(conn, [(look_up.channel_id, each) for each in provider_message_ids])
    ids = _of(look_up) | {"provider_message_ids": list(provider_message_ids)}
    taken = {row[0] for row in await (await conn.execute(_LIST_TAKEN, ids)).fetchall()}
    known_as = next((each for each in provider_message_ids if each not in taken), None)
    if known_as is None or not await _end_unknown(conn, look_up):
        return None
    await become_sent(conn, look_up.key, look_up.channel_id, known_as, explain)
    return known_as


async def settle_not_found(conn: Connection, look_up: LookUp, code: str, detail: str) -> bool:
    """Say of a message that its provider does not know it; it stays unknown, and is asked for no
    more.
    """
    if not await _end_unknown(conn, look_up):
        return False
    noted = Advance(
        customer_id=look_up.customer_id,
        message_id=look_up.message_id,
        status="unknown",
        failure_code=code,
        failure=detail,
    )
    await advance_messages(conn, [noted])
    return True


async def put_off_look_up(
    conn: Connection, look_up: LookUp, wait_seconds: float, look_count: int
) -> None:
    """Ask again after a wait; nothing changes where the lease was lost."""
    wait = {"wait_seconds": wait_seconds, "look_count": look_count}
    await conn.execute(_PUT_OFF, _of(look_up) | wait)


async def drop_look_up(conn: Connection, look_up: LookUp) -> None:
    """Ask for a message no more; of the message nothing changes."""
    await conn.execute(_END, _of(look_up))


async def _end_unknown(conn: Connection, look_up: LookUp) -> bool:
    """End a look at a message; say whether it was ours, and still nobody knew what became of it."""
    row = await (await conn.execute(_HOLD_UNKNOWN, _of(look_up))).fetchone()
    is_ours = await (await conn.execute(_END, _of(look_up))).fetchone() is not None
    return is_ours and row is not None and bool(row[0])


def _of(look_up: LookUp) -> dict[str, Any]:
    return {
        "customer_id": look_up.customer_id,
        "message_id": look_up.message_id,
        "channel_id": look_up.channel_id,
        "leased_until": look_up.leased_until,
    }

"""What keeps a text from leaving while its recipient opts out: whoever comes second sees the other.

An attempt holds its recipients until it is committed, and so does an opt-out, against attempts
alone. Runs inside the caller's transaction.
"""

from collections.abc import Collection

from store.database import Connection
from store.sql import statements

_SQL = statements("consent_locks")
_HOLD_RECIPIENTS = _SQL["hold_recipients"]
_HOLD_ADDRESSES = _SQL["hold_addresses"]

_LOCK_CLASS = 7_203


async def hold_recipients(conn: Connection, message: tuple[int, str]) -> None:
    """Let nobody whom a message goes to opt out until we commit; later statements see who has."""
    parameters = {"lock_class": _LOCK_CLASS, "customer_id": message[0], "message_id": message[1]}
    await conn.execute(_HOLD_RECIPIENTS, parameters)


async def hold_addresses(conn: Connection, address_hashes: Collection[int]) -> None:
    """Let no attempt at a message to these begin until we commit.

    To be called when what else is locked in this transaction is: a begun attempt waits for nothing
    of that.
    """
    parameters = {"lock_class": _LOCK_CLASS, "address_hashes": sorted(address_hashes)}
    await conn.execute(_HOLD_ADDRESSES, parameters)

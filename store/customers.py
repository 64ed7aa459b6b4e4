"""Reads and writes customers. Knows nothing of what they receive."""

from dataclasses import asdict, dataclass
from datetime import datetime

from domain.retention import OwnRetention
from store.database import Connection
from store.sql import statements

_SQL = statements("customers")
_FIND = _SQL["find_customer"]
_NAME_OF = _SQL["name_of_customer"]
_LIST = _SQL["list_customers"]
_INSERT = _SQL["insert_customer"]
_SET = _SQL["set_customer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer as operators see them; what they say about keeping things is theirs alone."""

    id: int
    name: str
    retention: OwnRetention
    created_at: datetime
    channels: int


async def find_customer(conn: Connection, name: str) -> int | None:
    """Find a customer's id by name."""
    cursor = await conn.execute(_FIND, {"name": name})
    row = await cursor.fetchone()
    return row[0] if row else None


async def name_of_customer(conn: Connection, customer_id: int) -> str | None:
    """Read what operators call a customer."""
    row = await (await conn.execute(_NAME_OF, {"customer_id": customer_id})).fetchone()
    return row[0] if row else None


async def list_customers(conn: Connection) -> list[Customer]:
    """List all customers, the oldest first."""
    rows = await (await conn.execute(_LIST)).fetchall()
    return [
        Customer(
            id=row[0],
            name=row[1],
            retention=OwnRetention(
                event_days=row[2],
                dead_letter_days=row[3],
                quarantine_days=row[4],
                outbox_days=row[5],
            ),
            created_at=row[6],
            channels=row[7],
        )
        for row in rows
    ]


async def insert_customer(conn: Connection, name: str, retention: OwnRetention) -> int | None:
    """Add a customer; None when there is one of this name."""
    cursor = await conn.execute(_INSERT, {"name": name, **asdict(retention)})
    row = await cursor.fetchone()
    return row[0] if row else None


async def set_customer(
    conn: Connection, customer_id: int, name: str, retention: OwnRetention
) -> bool:
    """Change a customer; False when another one has the name."""
    wanted = {"customer_id": customer_id, "name": name, **asdict(retention)}
    return await (await conn.execute(_SET, wanted)).fetchone() is not None

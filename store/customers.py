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
_READ_FILE_QUOTA = _SQL["read_file_quota"]
_LIST_ABOVE_QUOTA = _SQL["list_above_quota"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer as operators see them; what they say about keeping things is theirs alone.

    Agents bring no more files beyond `most_file_bytes`; None: any number.
    """

    id: int
    name: str
    retention: OwnRetention
    most_file_bytes: int | None
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
                file_days=row[6],
            ),
            most_file_bytes=row[7],
            created_at=row[8],
            channels=row[9],
        )
        for row in rows
    ]


async def insert_customer(
    conn: Connection, name: str, retention: OwnRetention, most_file_bytes: int | None = None
) -> int | None:
    """Add a customer; None when there is one of this name."""
    wanted = {"name": name, **asdict(retention), "most_file_bytes": most_file_bytes}
    cursor = await conn.execute(_INSERT, wanted)
    row = await cursor.fetchone()
    return row[0] if row else None


async def set_customer(conn: Connection, changed: Customer) -> bool:
    """Change a customer; False when another one has the name."""
    wanted = {
        "customer_id": changed.id,
        "name": changed.name,
        **asdict(changed.retention),
        "most_file_bytes": changed.most_file_bytes,
    }
    return await (await conn.execute(_SET, wanted)).fetchone() is not None


async def has_room_for(conn: Connection, customer_id: int, more_bytes: int) -> bool:
    """Say whether a customer may have so many more bytes of files."""
    cursor = await conn.execute(_READ_FILE_QUOTA, {"customer_id": customer_id})
    quota = await cursor.fetchone()
    return quota is None or quota[1] + more_bytes <= quota[0]


async def list_above_quota(conn: Connection) -> list[str]:
    """List the names of the customers who have more files than they may."""
    return [row[0] for row in await (await conn.execute(_LIST_ABOVE_QUOTA)).fetchall()]

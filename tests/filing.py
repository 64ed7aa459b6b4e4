"""What the tests of moved files share: files in the database, and a chore done once."""

from collections.abc import Callable
from hashlib import sha256

from flows import NOW, values

from app.ids import new_id
from store.blobs import BlobKey, BlobStore
from store.database import Connection, connect
from store.files import keep_files
from worker.background.repeating import BackgroundConfig
from worker.background.retention import Steps

PLACES = b"""
    SELECT concat_ws(
        ' ', customer_id, CASE WHEN content IS NOT NULL THEN 'here' END,
        CASE WHEN may_be_in_store THEN 'store' END,
        CASE WHEN forgotten_at IS NOT NULL THEN 'forgotten' END,
        CASE WHEN tried_at IS NOT NULL THEN 'tried' END, size_bytes
    )
    FROM files ORDER BY customer_id, size_bytes
"""


def key_of(content: bytes, customer_id: int = 1) -> BlobKey:
    return customer_id, sha256(content).digest()


async def keep(conn: Connection, *contents: bytes, customer_id: int = 1) -> None:
    """Keep files as a message would."""
    async with conn.transaction():
        await keep_files(conn, {key_of(content, customer_id): content for content in contents})


async def places(conn: Connection) -> list[str]:
    """Say of every file where it is, by customer and length."""
    return [str(place) for place in await values(conn, PLACES)]


def config(database_url: str, blobs: BlobStore | None) -> BackgroundConfig:
    return BackgroundConfig(
        connect=lambda: connect(database_url, "tests"),
        clock=lambda: NOW,
        new_id=new_id,
        on_commit=lambda: None,
        blobs=blobs,
    )


async def do(
    chore: Callable[..., Steps], conn: Connection, database_url: str, blobs: BlobStore | None
) -> int:
    """Do a chore once; return how many rows it changed."""
    return sum([rows async for rows in chore(conn, NOW, config(database_url, blobs))])


async def let_holds_end(conn: Connection) -> None:
    """Let time pass until nobody holds a file who was stopped."""
    await conn.execute("UPDATE files SET held_until = now() - interval '1 second'")


async def no_transaction_is_open(conn: Connection) -> bool:
    """Say whether nobody else has a transaction that others would wait for."""
    query = b"""
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'idle in transaction'
    """
    return await values(conn, query) == [0]

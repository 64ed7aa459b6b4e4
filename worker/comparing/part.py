"""What a part of the derived rows is: how its rows are compared and mended, and where they lie.

Knows no part.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from store.comparisons import see_one_moment
from store.database import Connection
from store.derived_rows import Differing, PartName
from store.written_lately import ScannedTable
from worker.background.repeating import BackgroundConfig

Compare = Callable[[Connection, BackgroundConfig, int, Sequence[str]], Awaitable[Differing]]
Mend = Callable[[Connection, BackgroundConfig, int, Differing], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Derived rows of a kind.

    `compare` is given rows of a customer and says which are wrong, and about what: it must see one
    moment. `mend` makes what it can right, in transactions of its own; what it cannot stays noted.
    `tables` are looked through for rows that were written lately. `compare_walked` is how rows are
    compared that a walk comes to, every minute some and every night all, where that is another way.
    """

    name: PartName
    tables: Sequence[ScannedTable]
    at_once: int
    compare: Compare
    mend: Mend
    compare_walked: Compare | None = None


@asynccontextmanager
async def one_moment(conn: Connection) -> AsyncGenerator[None]:
    """Let several statements see the same: what is being written is no difference."""
    async with conn.transaction():
        await see_one_moment(conn)
        yield

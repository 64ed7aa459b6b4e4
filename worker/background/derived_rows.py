"""The chore that looks whether what is derived agrees with the events and messages below it.

It goes round and round, a few rows at a time, and looks first at what differed before. Mends
nothing: that is `inlet rebuild`'s.
"""

from datetime import datetime

from store.database import Connection
from store.derived_rows import PARTS, look_again, look_on
from worker.background.repeating import BackgroundConfig
from worker.background.retention import Steps

_PORTIONS = 2


async def compare_derived(conn: Connection, _now: datetime, _config: BackgroundConfig) -> Steps:
    """Look at some rows of each table; each step says how many differ."""
    for part in PARTS:
        noted, differing = await look_again(conn, part)
        yield differing
        while noted and not differing:  # many were mended at once
            noted, differing = await look_again(conn, part)
            yield differing
        for _ in range(_PORTIONS):
            yield await look_on(conn, part)

"""Looks at rows of a part: compares them, has wrong ones mended, notes what is left, and counts.

Knows no schedule.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog

from domain.where_raised import where_raised
from store.comparisons import ComparisonRun, RunReason, add_run
from store.database import Connection
from store.derived_rows import Differing, conversations_of, note_differing
from store.faults import fault_of
from worker.background.repeating import BackgroundConfig
from worker.comparing.conversations import CONVERSATIONS
from worker.comparing.documents import SEARCH_DOCUMENTS
from worker.comparing.part import Part

_LOG = structlog.get_logger(__name__)

_MOST_SAMPLES = 20


@dataclass(slots=True, kw_only=True)
class Looking:
    """What comparing one part has come to so far; `last_seconds` is how long the last look took.

    `mends`: what is wrong is made right.
    """

    part: Part
    reason: RunReason
    began_at: datetime
    mends: bool
    customer_id: int | None = None
    seconds: float = 0.0
    last_seconds: float = 0.0
    from_id: str | None = None
    to_id: str | None = None
    seen: int = 0
    wrong: int = 0
    mended: int = 0
    samples: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def walk_over(self, ids: Sequence[str]) -> None:
        """Note which rows of the walk were looked at."""
        if ids:
            self.from_id = self.from_id or ids[0]
            self.to_id = ids[-1]

    async def look_at(
        self,
        conn: Connection,
        config: BackgroundConfig,
        customer_id: int,
        ids: Sequence[str],
        *,
        is_walk: bool = False,
    ) -> int:
        """Look at rows of a customer; return how many of them differed."""
        began = config.clock()
        part = self.part
        compare = (part.compare_walked if is_walk else None) or part.compare
        differing = await compare(conn, config, customer_id, ids) if ids else {}
        left = differing
        if differing and self.mends:
            left = await _mend(conn, config, part, customer_id, differing)
        # What a weaker comparison finds nothing wrong about stays noted.
        compared = ids if compare is part.compare else list(differing)
        new = await note_differing(conn, part.name, customer_id, compared, left)
        self.last_seconds = max(0.0, (config.clock() - began).total_seconds())
        self.seconds += self.last_seconds
        self.seen += len(ids)
        self.wrong += len(differing)
        mended = len(differing) - len(left)
        self.mended += mended
        room = max(0, _MOST_SAMPLES - len(self.samples))
        self.samples += [
            {"customer_id": customer_id, "id": key, "columns": columns}
            for key, columns in list(differing.items())[:room]
        ]
        # Who asked is told anyway.
        if (new or mended) and self.reason != "asked":
            _LOG.warning(
                "derived_rows_differ",
                part=part.name,
                customer_id=customer_id,
                rows=len(differing),
                mended=mended,
                columns=sorted({name for columns in differing.values() for name in columns}),
            )
        if differing and part.name == "messages":
            await self._look_behind(conn, config, customer_id, list(differing))
        return len(differing)

    async def keep(self, conn: Connection, config: BackgroundConfig) -> None:
        """Write down what it came to."""
        run = ComparisonRun(
            id=config.new_id(),
            part=self.part.name,
            reason=self.reason,
            customer_id=self.customer_id,
            began_at=self.began_at,
            seconds=self.seconds,
            from_id=self.from_id,
            to_id=self.to_id,
            rows_seen=self.seen,
            rows_wrong=self.wrong,
            rows_mended=self.mended,
            samples=self.samples,
        )
        await add_run(conn, run)

    async def _look_behind(
        self, conn: Connection, config: BackgroundConfig, customer_id: int, ids: Sequence[str]
    ) -> None:
        """Look at what is derived from messages that were wrong, too."""
        conversation_ids = await conversations_of(conn, customer_id, ids)
        for part, keys in ((CONVERSATIONS, conversation_ids), (SEARCH_DOCUMENTS, list(ids))):
            behind = Looking(
                part=part, reason=self.reason, began_at=self.began_at, mends=self.mends
            )
            await behind.look_at(conn, config, customer_id, keys)
            self.seconds += behind.seconds


async def _mend(
    conn: Connection,
    config: BackgroundConfig,
    part: Part,
    customer_id: int,
    differing: Differing,
) -> Differing:
    """Make rows right, and say which still are not."""
    try:
        await part.mend(conn, config, customer_id, differing)
    except Exception as error:
        if fault_of(error, conn) == "outage":
            raise
        _LOG.error(
            "not_mended",
            part=part.name,
            customer_id=customer_id,
            error_class=type(error).__name__,
            where=where_raised(error),
        )
        return differing
    return await part.compare(conn, config, customer_id, list(differing))

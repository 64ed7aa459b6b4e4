"""What a process that takes deliveries reports of itself, for operators and the metrics."""

import os
import socket
from collections.abc import Callable

from app.clock import utc_now
from app.ids import new_id
from app.version import VERSION
from ingest.channel_counts import ChannelCounts
from ingest.group_commit import GroupCommit
from ingest.spooling import Spooling
from store.web_processes import WebIdentity, WebReport


def report_maker(
    channel_counts: ChannelCounts,
    group_commit: GroupCommit,
    spooling: Spooling,
    open_streams: Callable[[], int],
) -> Callable[[], WebReport]:
    """Make what takes the figures of this process as they are when it is called."""
    identity = WebIdentity(
        id=new_id(),
        host=socket.gethostname(),
        pid=os.getpid(),
        version=VERSION,
        started_at=utc_now(),
    )

    def measure() -> WebReport:
        figures = spooling.figures
        return WebReport(
            identity=identity,
            accepted=channel_counts.accepted_total,
            duplicates=channel_counts.duplicates_total,
            rejected=channel_counts.rejected_total,
            unavailable=channel_counts.unavailable_total,
            spool_rows=figures.rows,
            spool_bytes=figures.size_bytes,
            spool_oldest_at=figures.oldest_at,
            waiting_rows=group_commit.waiting_rows,
            streams=open_streams(),
            commit_ms=group_commit.last_commit_seconds * 1000,
        )

    return measure

"""What a worker makes of a batch that came to nothing, and what it says of events that failed."""

import structlog

from store.database import Connection
from store.faults import is_statement_timeout
from worker.batch import BatchConfig, BatchFailed, BatchResult, fail_event
from worker.writing.partial_write import fault_behind, refused

_LOG = structlog.get_logger(__name__)

_TIMEOUTS_ALONE = 3
_MOST_TIMEOUTS = 1_000


async def handle_failed_batch(
    conn: Connection, failed: BatchFailed, config: BatchConfig
) -> BatchResult | None:
    """Fail the one event that is to blame; None to try again at once.

    Raises: what failed, where it is nobody's fault or nobody is left to blame.
    """
    fault = fault_behind(failed.error)
    if fault == "outage" or conn.closed:
        await conn.close()
        raise failed.error
    _LOG.warning(
        "batch_failed", error_class=type(failed.error).__name__, events=len(failed.claimed)
    )
    if fault == "contention" or len(failed.claimed) > 1:
        return None
    if not failed.claimed:
        raise failed.error
    if is_statement_timeout(failed.error) and not _is_slow_again(failed.claimed[0].id, config):
        return None
    return await fail_event(conn, refused(failed.claimed[0], failed.error), config)


def _is_slow_again(event_id: str, config: BatchConfig) -> bool:
    """Say whether one event ran into the time limit alone often enough to be the reason.

    A machine that was paused runs into it as well, whatever it was writing.
    """
    if len(config.timeouts) == _MOST_TIMEOUTS:
        config.timeouts.clear()
    config.timeouts[event_id] += 1
    return config.timeouts[event_id] >= _TIMEOUTS_ALONE


def log_failures(result: BatchResult) -> None:
    """Say which events failed or are to be read alone, once that is committed."""
    for event in result.isolated:
        _LOG.info("event_isolated", event_id=event.id, channel_id=event.channel_id)
    for failure in result.failures:
        _LOG.warning(
            "event_failed",
            event_id=failure.event.id,
            channel_id=failure.event.channel_id,
            attempt=failure.event.attempt,
            error_class=failure.error_class,
            is_given_up=failure.wait_seconds is None,
        )

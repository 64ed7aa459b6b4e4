"""Tells of a batch that is over, event by event, to whoever traces. Knows no tracer."""

from domain.tracing import Tracing
from worker.batch import BatchResult


def tell_traced(result: BatchResult, tracing: Tracing) -> None:
    """Tell of each event whose request was traced: the batch's time is its own."""
    if not tracing.is_on:
        return
    seconds = result.claim_seconds + result.read_seconds + result.write_seconds
    failed = {failure.event.id: failure.error_class for failure in result.failures}
    for event in result.claimed:
        if event.traceparent is not None:
            tracing.record(
                "process",
                event.traceparent,
                seconds,
                failed.get(event.id),
                event_id=event.id,
                channel_id=event.channel_id,
                attempt=event.attempt,
                batch_events=len(result.claimed),
            )

"""How durations and lists of the operator API are written. Knows no topic."""

from datetime import timedelta


def seconds(span: timedelta) -> float:
    """Write a span as seconds, to the millisecond."""
    return round(span.total_seconds(), 3)


def optional_seconds(span: timedelta | None) -> float | None:
    """Write a span that there may not be."""
    return None if span is None else seconds(span)

"""How times are written in answers: RFC 3339 in UTC, with six decimals."""

from datetime import UTC, datetime


def present_time(at: datetime) -> str:
    """Write a time as the API does."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def present_optional_time(at: datetime | None) -> str | None:
    """Write a time that there may not be."""
    return present_time(at) if at else None

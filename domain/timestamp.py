"""Reads and writes times as providers do.

Knows no clock: what cannot be read is None, never now.
"""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST_SECONDS = 100_000_000_000
_DIGITS_OF_AN_EPOCH = (10, 13)


def parse_timestamp(value: object) -> datetime | None:
    """Read RFC 3339 text, or epoch seconds or milliseconds as a number or digits, as UTC.

    A time without zone is UTC. The epoch itself and anything earlier is what software writes for
    "not set". A message is never refused over its date.
    """
    try:
        moment = _moment(value)
    except (ValueError, OverflowError):
        return None
    return moment if moment is not None and moment > _EPOCH else None


def write_timestamp(moment: datetime) -> str:
    """Write RFC 3339 in UTC with six decimals."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _moment(value: object) -> datetime | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _from_epoch(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return _from_epoch(int(text)) if len(text) in _DIGITS_OF_AN_EPOCH else None
    moment = datetime.fromisoformat(text.upper())
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _from_epoch(number: float) -> datetime:
    """Read seconds up to the year 5138; a larger number is milliseconds."""
    if abs(number) < _LARGEST_SECONDS:
        return _EPOCH + timedelta(seconds=number)
    return _EPOCH + timedelta(milliseconds=number)

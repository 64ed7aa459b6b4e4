"""Reads a time from the command line: as the API writes it, or as so long ago."""

import re
from datetime import UTC, datetime, timedelta

from domain.errors import OperatorError

_AGO = re.compile(r"([0-9]{1,6})(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_time(text: str, option: str, now: datetime) -> datetime:
    """Read RFC 3339, UTC where it has no zone, or a span before `now`: 90s, 30m, 2h, 7d.

    Raises: OperatorError.
    """
    try:
        if ago := _AGO.fullmatch(text.strip()):
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        moment = datetime.fromisoformat(text.strip().upper())
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise OperatorError(
            f"{option} must be a time like 2024-11-01T14:00:00Z, or how long ago: 30m, 2h, 7d"
        ) from None

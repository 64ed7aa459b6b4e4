"""Reads the date of a mail, as programs write it. Knows no clock: what cannot be read is None.

The standard library's reader raises errors of several kinds, so none of them leaves here.
Source: RFC 5322 section 3.3.
"""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_tz

from domain.timestamp import parse_timestamp

_LONGEST_DATE = 128
_LARGEST_OFFSET = timedelta(days=1)


def parse_mail_date(field: str) -> datetime | None:
    """Read a date as UTC, which a time without a zone is; one as JSON has it will do, too."""
    text = field[:_LONGEST_DATE]
    try:
        written = _written(text)
    except (ArithmeticError, LookupError, TypeError, ValueError):
        written = None
    return parse_timestamp(written.isoformat() if written else text)


def _written(text: str) -> datetime | None:
    parsed = parsedate_tz(text)
    if parsed is None:
        return None
    offset = timedelta(seconds=parsed[9] or 0)
    moment = datetime(*parsed[:5], second=min(parsed[5], 59), tzinfo=UTC)
    return moment - offset if abs(offset) < _LARGEST_OFFSET else None

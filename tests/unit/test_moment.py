"""Times on the command line: as the API writes them, or as so long ago."""

from datetime import UTC, datetime, timedelta

import pytest

from app.time_option import parse_time
from domain.errors import OperatorError

_NOW = datetime(2024, 11, 1, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("90s", _NOW - timedelta(seconds=90)),
        ("30m", _NOW - timedelta(minutes=30)),
        (" 2h ", _NOW - timedelta(hours=2)),
        ("7d", _NOW - timedelta(days=7)),
        ("2024-11-01T14:00:00Z", _NOW),
        ("2024-11-01t14:00:00.000000z", _NOW),
        ("2024-11-01 15:00+01:00", _NOW),
        ("2024-11-01", _NOW - timedelta(hours=14)),
    ],
)
def test_a_time_is_read(text: str, moment: datetime) -> None:
    assert parse_time(text, "--since", _NOW) == moment


@pytest.mark.parametrize(
    "text", ["", "yesterday", "7", "7w", "999999d", "-1h", "0001-01-01T00:00+14:00"]
)
def test_what_is_no_time_is_told(text: str) -> None:
    with pytest.raises(OperatorError, match="--since must be a time"):
        parse_time(text, "--since", _NOW)

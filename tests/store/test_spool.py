"""One spool file: in order, durable, measured, and nothing lost between its two tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from store.events import NewEvent
from store.spool import SpoolError, SpoolFile, size_of

_AT = datetime(2026, 11, 21, 8, 0, 0, 123456, tzinfo=UTC)


def _event(name: str, body: bytes = b"\0\xffbytes", minutes: int = 0) -> NewEvent:
    return NewEvent(
        1,
        f"01930000-0000-7000-8000-{int(name):012d}",
        "01930000-0000-7000-8000-0000000000cc",
        "generic",
        "message",
        name,
        f"message:{name}",
        "verified",
        '{"x": "\\u00e9"}',
        "text/plain; é",
        body,
        _AT + timedelta(minutes=minutes),
    )


def _events(*names: str) -> list[NewEvent]:
    return [_event(name, minutes=int(name)) for name in names]


def test_events_come_back_as_they_went_in_oldest_first(tmp_path: Path) -> None:
    spool = SpoolFile(tmp_path / "1.sqlite")
    odd = replace(
        _event("3"), provider_message_id=None, kind="unreadable", traceparent="00-ab-cd-01"
    )
    spool.append(_events("1", "2"))
    spool.append([odd])
    found = spool.oldest(10, 1 << 20)
    assert [spooled.event for spooled in found] == [*_events("1", "2"), odd]
    spool.close()


def test_a_file_opened_again_has_the_same_rows_and_figures(tmp_path: Path) -> None:
    path = tmp_path / "1.sqlite"
    spool = SpoolFile(path)
    spool.append(_events("1", "2", "3"))
    spool.set_aside(spool.oldest(1, 1)[0], "DataError")
    before = (spool.rows, spool.refused_rows, spool.size_bytes, spool.oldest_at)
    spool.close()
    again = SpoolFile(path)
    assert (again.rows, again.refused_rows, again.size_bytes, again.oldest_at) == before
    assert before == (2, 1, size_of(_events("1", "2", "3")), _AT + timedelta(minutes=2))
    assert [spooled.event for spooled in again.oldest(10, 1 << 20)] == _events("2", "3")
    again.close()


def test_what_was_set_aside_can_be_tried_again(tmp_path: Path) -> None:
    spool = SpoolFile(tmp_path / "1.sqlite")
    spool.append(_events("1", "2", "3"))
    spool.set_aside(spool.oldest(1, 1)[0], "DataError")

    spool.take_back()

    assert (spool.rows, spool.refused_rows) == (3, 0)
    assert [spooled.event for spooled in spool.oldest(10, 1 << 20)] == _events("2", "3", "1")
    spool.close()


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    spool = SpoolFile(tmp_path / "1.sqlite")
    assert spool.path.stat().st_mode & 0o777 == 0o600
    spool.close()


def test_what_is_removed_frees_its_room_also_on_the_disk(tmp_path: Path) -> None:
    spool = SpoolFile(tmp_path / "1.sqlite")
    spool.append([_event(str(number), b"x" * 100_000) for number in range(20)])
    spool.remove(spool.oldest(15, 1 << 30))
    assert (spool.rows, len(spool.oldest(50, 1 << 30))) == (5, 5)
    spool.remove(spool.oldest(50, 1 << 30))
    assert (spool.rows, spool.size_bytes, spool.oldest_at) == (0, 0, None)
    spool.shrink()
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 150_000
    spool.close()


def test_a_portion_is_bounded_by_bytes_but_never_empty(tmp_path: Path) -> None:
    spool = SpoolFile(tmp_path / "1.sqlite")
    spool.append([_event(str(number), b"x" * 1000) for number in range(9)])
    assert len(spool.oldest(9, 2500)) == 3
    assert len(spool.oldest(2, 1 << 20)) == 2
    assert len(spool.oldest(9, 1)) == 1
    spool.close()


def test_a_batch_goes_in_whole_or_not_at_all(tmp_path: Path) -> None:
    spool = SpoolFile(tmp_path / "1.sqlite")
    spool.append(_events("1"))
    with pytest.raises(ValueError, match="surrogates"):
        spool.append([*_events("2"), replace(_event("3"), dedup_key="\ud800")])
    assert spool.rows == 1
    assert [spooled.event for spooled in spool.oldest(10, 1 << 20)] == _events("1")
    spool.append(_events("4"))
    assert spool.rows == 2
    spool.close()


def test_what_is_no_spool_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "1.sqlite"
    path.write_bytes(b"not a database, but long enough to be looked at" * 20)
    with pytest.raises(SpoolError):
        SpoolFile(path)

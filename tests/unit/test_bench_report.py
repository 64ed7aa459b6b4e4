"""What the benchmarks keep: a run of some sections leaves the others as they were."""

from datetime import timedelta
from pathlib import Path

import msgspec
from flows import NOW

from bench.figures import figure as a_figure
from bench.machine import Machine
from bench.report import Report, keep

_MACHINE = Machine(
    cpu="c",
    cores=2,
    memory_gib=1.0,
    system="s",
    python="3",
    postgres="18",
    postgres_settings={},
    fsync_us=1.0,
    load_average_before=0.0,
)


def _report(sections: dict[str, float], commit: str, *, is_quick: bool = False) -> Report:
    return Report(
        began_at=NOW + timedelta(seconds=sum(sections.values())),
        took_seconds=1.0,
        is_quick=is_quick,
        machine=_MACHINE,
        figures=[a_figure(name, "rate", value, "/s") for name, value in sections.items()],
        commits=dict.fromkeys(sections, commit),
    )


def _latest(folder: Path) -> tuple[dict[str, float | None], dict[str, str]]:
    kept = msgspec.json.decode((folder / "latest.json").read_bytes(), type=Report)
    return {figure.section: figure.value for figure in kept.figures}, kept.commits


def test_sections_that_were_not_measured_stay_with_their_commit(tmp_path: Path) -> None:
    keep(_report({"ingest": 1.0, "worker": 2.0}, "a"), tmp_path)
    keep(_report({"worker": 3.0}, "b"), tmp_path)
    assert _latest(tmp_path) == ({"ingest": 1.0, "worker": 3.0}, {"ingest": "a", "worker": "b"})


def test_a_quick_run_is_no_latest_figure(tmp_path: Path) -> None:
    keep(_report({"ingest": 1.0}, "a"), tmp_path)
    path = keep(_report({"ingest": 9.0}, "b", is_quick=True), tmp_path)
    assert path.exists()
    assert _latest(tmp_path) == ({"ingest": 1.0}, {"ingest": "a"})

"""What is now: one sentence, eight figures and the checks, the same as monitors are told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inbox.operations.check import Check, CheckName
from inbox.operations.health_checks import Health
from inbox.operations.page_format import counted, milliseconds, number, rate, span
from inbox.operations.page_views import Tone
from inbox.operations.status import Now
from inbox.page.display_format import file_size
from inbox.page.page_request import PageRequest
from store.ops_now import MOST_COUNTED
from store.queue import LANE_NAMES

_CHECKS: Mapping[CheckName, str] = {
    "database": "Database",
    "schema": "Schema",
    "queue_age": "Queue",
    "dead_letters": "Dead letters",
    "workers": "Workers",
    "spool": "Spool",
    "silence": "Silence",
    "reconciliation": "Reconciliation",
    "outbox_lag": "Followers",
    "outbox_origin": "Server",
    "failures": "Failed attempts",
    "set_aside": "Set aside",
    "derived_rows": "Derived rows",
    "files": "Files",
    "file_quota": "File quotas",
    "media": "Media",
    "hooks": "Hooks",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All checks in one sentence."""

    tone: Tone
    heading: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One figure, with what belongs to it in small print."""

    label: str
    figure: str
    note: str
    unit: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    label: str
    tone: Tone
    value: str
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NowView:
    """Everything that is shown of now; `as_of` is when it was looked at."""

    as_of: str
    verdict: Verdict
    tiles: Sequence[Tile]
    checks: Sequence[CheckView]


def now_view(health: Health, page_request: PageRequest) -> NowView:
    """Put what is now in words."""
    return NowView(
        as_of=f"{health.now.at.astimezone(page_request.clock.zone):%H:%M:%S}",
        verdict=_verdict(health.checks),
        tiles=_tiles(health) if health.is_whole else (),
        checks=[
            CheckView(
                label=_CHECKS[check.name], tone=check.state, value=check.found, rule=check.rule
            )
            for check in health.checks
        ],
    )


def _verdict(checks: Sequence[Check]) -> Verdict:
    failing = [check for check in checks if check.state == "fail"]
    warning = [check for check in checks if check.state == "warn"]
    if not failing and not warning:
        return Verdict(tone="ok", heading="All is well", sentence="Every check is as it should be.")
    worst = failing or warning
    findings = ". ".join(f"{_CHECKS[check.name]}: {check.found}" for check in [*failing, *warning])
    verb = "needs" if len(worst) == 1 else "need"
    heading = (
        f"{counted(len(worst), 'check')} {'fails' if len(worst) == 1 else 'fail'}"
        if failing
        else f"{counted(len(worst), 'check')} {verb} a look"
    )
    return Verdict(tone="fail" if failing else "warn", heading=heading, sentence=f"{findings}.")


def _tiles(health: Health) -> list[Tile]:
    now = health.now
    tone: dict[CheckName, Tone] = {check.name: _loud(check) for check in health.checks}
    return [
        Tile(
            label="Oldest waiting",
            figure=span(now.oldest_unprocessed.total_seconds()),
            note="the oldest live event not yet processed",
            tone=tone["queue_age"],
        ),
        _depth(now),
        *_rates(now),
        Tile(
            label="Database",
            figure=milliseconds(now.latency_ms),
            unit="ms",
            note=_database_note(now),
            tone=tone["database"],
        ),
        Tile(
            label="Spool",
            figure=number(now.spool_rows),
            unit="event" if now.spool_rows == 1 else "events",
            note=_spool_note(now),
            tone=tone["spool"],
        ),
        Tile(
            label="Workers",
            figure=number(now.living_workers),
            note=f"{counted(len(now.workers), 'worker')} seen within the hour",
            tone=tone["workers"],
        ),
        Tile(
            label="Streams",
            figure=number(sum(process.streams for process in now.processes)),
            note="inboxes open and live",
        ),
    ]


def _loud(check: Check) -> Tone:
    return "plain" if check.state == "ok" else check.state


def _depth(now: Now) -> Tile:
    depth = sum(lane.depth for lane in now.lanes)
    more = "+" if any(lane.depth >= MOST_COUNTED for lane in now.lanes) else ""
    note = " · ".join(f"{LANE_NAMES[lane.lane]} {number(lane.depth)}" for lane in now.lanes)
    return Tile(label="Waiting", figure=number(depth) + more, note=note or "nothing")


def _rates(now: Now) -> list[Tile]:
    if now.rates is None:
        note = "known a few seconds after a start"
        return [Tile(label=label, figure="–", note=note) for label in ("In", "Out")]
    over = f"over the last {span(now.rates.seconds)}"
    failed = now.rates.failed_per_second
    return [
        Tile(label="In", figure=rate(now.rates.in_per_second), unit="/s", note=over),
        Tile(
            label="Out",
            figure=rate(now.rates.out_per_second),
            unit="/s",
            note=f"{over}, {rate(failed)} failed a second" if failed else over,
        ),
    ]


def _database_note(now: Now) -> str:
    oldest = now.database.oldest_transaction_seconds
    version = now.database.version.split(" ")[0]
    return f"Postgres {version} · oldest transaction {span(oldest)}"


def _spool_note(now: Now) -> str:
    if not now.spool_rows:
        return "nothing waits on a disk"
    waits = span(now.waiting(now.spool_oldest_at).total_seconds())
    return f"{file_size(now.spool_bytes)} on disk, the oldest for {waits}"

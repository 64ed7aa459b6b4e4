"""The checks of what is derived: whether its followers keep up, and whether it agrees.

Judges what was read. Knows no HTTP.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from inbox.operations.check import Check, duration, state_above
from inbox.operations.status import Now
from store.comparisons import WrongRows
from store.derived_rows import DifferingRows
from store.hook_deliveries import HookCounts
from store.ops_now import OutboxLag

_LAG_WARN, _LAG_FAIL = 60.0, 600.0
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Staleness:
    """How old something derived is: a follower of the outbox by its name, or `hook_deliveries`.

    `stale_since` is None where nothing is missing.
    """

    name: str
    stale_since: datetime | None
    off_since: datetime | None = None
    is_catching_up: bool = False


def staleness_of(lags: Sequence[OutboxLag], hooks: HookCounts) -> list[Staleness]:
    """Say how old everything derived is."""
    followers = [
        Staleness(
            name=lag.consumer,
            stale_since=lag.stale_since,
            off_since=lag.off_since,
            is_catching_up=lag.has_missed and lag.off_since is None,
        )
        for lag in lags
    ]
    return [*followers, Staleness(name="hook_deliveries", stale_since=hooks.waiting_since)]


def check_lags(now: Now, lags: Sequence[OutboxLag]) -> Check:
    on = [lag for lag in lags if lag.off_since is None]
    longest = max((now.waiting(lag.waiting_since) for lag in on), default=timedelta())
    seconds = longest.total_seconds()
    behind = [lag.consumer for lag in on if now.waiting(lag.waiting_since) == longest]
    found = [f"{behind[0]} is {duration(longest)} behind" if longest else "nobody is behind"]
    found += [f"{lag.consumer} is off" for lag in lags if lag.off_since is not None]
    found += [f"{lag.consumer} catches up" for lag in on if lag.has_missed]
    return Check(
        name="outbox_lag",
        state=state_above(seconds, _LAG_WARN, _LAG_FAIL),
        rule=(
            "No follower of the outbox that is on is more than 60 s behind; from 600 s on it fails."
        ),
        value=round(seconds, 3),
        found=", ".join(found),
    )


def check_set_aside(changes: Mapping[tuple[str, str], int]) -> Check:
    count = sum(changes.values())
    kinds = ", ".join(f"{many} by {name}, {word}" for (name, word), many in changes.items())
    return Check(
        name="set_aside",
        state="warn" if count else "ok",
        rule="No follower of the outbox had to set a change aside within a day.",
        value=count,
        found=f"{count} changes set aside: {kinds}" if count else "no change was set aside",
    )


def check_derived_rows(
    now: Now, differing: Sequence[DifferingRows], wrong: Sequence[WrongRows]
) -> Check:
    standing = sum(rows.rows for rows in differing)
    mended = sum(rows.mended for rows in wrong)
    found: list[str] = []
    if differing:
        customers = ", ".join(sorted({rows.customer for rows in differing})[:_MOST_NAMED])
        parts = ", ".join(_counts(differing))
        oldest = duration(now.waiting(min(rows.since for rows in differing)))
        found.append(
            f"{parts} of {customers} disagree, for {oldest}: run inlet compare --mend, then inlet "
            "rebuild --apply, --customer NAME"
        )
    if mended:
        parts = ", ".join(f"{rows.mended} {rows.part}" for rows in wrong if rows.mended)
        found.append(f"{parts} mended within a day: see inlet compare --runs")
    return Check(
        name="derived_rows",
        state="warn" if found else "ok",
        rule=(
            "No derived row disagrees with what it is derived from, and none had to be mended "
            "within a day; what was written lately and some others are looked at every minute."
        ),
        value=standing,
        found="; ".join(found) or "all that was looked at agrees",
    )


def _counts(differing: Sequence[DifferingRows]) -> list[str]:
    counts = Counter[str]()
    for rows in differing:
        counts[rows.part] += rows.rows
    return [f"{count} {part}" for part, count in counts.items()]

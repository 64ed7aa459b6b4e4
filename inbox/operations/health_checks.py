"""The checks of health: each with its rule in words, what was found, and whether that is well.

Reads what it needs and judges it. Knows no HTTP.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from domain.api_key import ApiKey
from inbox.http.shared import Shared
from inbox.operations.check import Check, CheckState, duration, state_above
from inbox.operations.derived_checks import (
    Staleness,
    check_derived_rows,
    check_lags,
    check_set_aside,
    staleness_of,
)
from inbox.operations.status import WEB_GONE_AFTER, Now, read_bare_now, read_now, silence_of
from store.comparisons import count_wrong
from store.customers import list_above_quota
from store.database import Connection
from store.derived_rows import count_differing
from store.hook_deliveries import HookCounts, count_hooks
from store.media import MediaCounts, count_media
from store.moved_files import WaitingFiles, count_waiting
from store.ops_channels import ChannelAtWork, list_channels_at_work
from store.ops_now import (
    count_dead_letters,
    count_failed_attempts,
    count_set_aside,
    read_outbox_lags,
)
from store.origin import REASON_WORDS, Origin, has_changes_ahead, read_origin

_SLOW_MS, _TOO_SLOW_MS = 100.0, 1000.0
_QUEUE_WARN, _QUEUE_FAIL = 60.0, 300.0
_MANY_DEAD_LETTERS = 1000
_SPOOL_FAIL = 300.0
_HOOKS_WARN = timedelta(hours=1)
_MOST_CHANNELS = 1_000
_MOST_NAMED = 3
_LEFT_IS_NEW = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """All checks; `state` is that of the worst.

    `is_whole` says whether `now` and the checks tell of the whole installation, all of which `now`
    was asked for; `derived` is empty where they do not.
    """

    now: Now
    is_whole: bool
    checks: Sequence[Check]
    derived: Sequence[Staleness] = ()

    @property
    def state(self) -> CheckState:
        states = {check.state for check in self.checks}
        return "fail" if "fail" in states else "warn" if "warn" in states else "ok"


async def read_health(conn: Connection, key: ApiKey, shared: Shared) -> Health:
    """Check the channels and dead letters of the key's customer, and whether the schema is current.

    For those who run the installation that is checked as well. Where the schema is behind, nothing
    else can be looked at.
    """
    may_see_all = key.allows("installation:read")
    if not await shared.schema_is_current(conn):
        now = await read_bare_now(conn, shared)
        checks = (*((_database(now),) if may_see_all else ()), _schema(is_current=False))
        return Health(now=now, is_whole=False, checks=checks)
    now = await (read_now if may_see_all else read_bare_now)(conn, shared)
    dead_letters = await count_dead_letters(conn, key.customer_id)
    channels = await list_channels_at_work(
        conn, key.customer_id, after_name=None, row_count=_MOST_CHANNELS
    )
    schema, letters = _schema(is_current=True), _dead_letters(dead_letters)
    failures = _failures(await count_failed_attempts(conn, key.customer_id))
    silence, reconciliation = _silence(now, channels), _reconciliation(channels)
    if not may_see_all:
        mine = (schema, failures, letters, silence, reconciliation)
        return Health(now=now, is_whole=False, checks=mine)
    lags, hooks = await read_outbox_lags(conn), await count_hooks(conn)
    checks = (
        _database(now),
        schema,
        _queue_age(now),
        failures,
        letters,
        _workers(now),
        _spool(now),
        silence,
        reconciliation,
        check_lags(now, lags),
        check_set_aside(await count_set_aside(conn)),
        check_derived_rows(now, await count_differing(conn), await count_wrong(conn)),
        _files(now, await count_waiting(conn) if shared.blobs else None),
        _file_quota(await list_above_quota(conn)),
        _media(now, await count_media(conn)),
        _hooks(now, hooks),
        _outbox_origin(now, await read_origin(conn), is_ahead=await has_changes_ahead(conn)),
    )
    return Health(now=now, is_whole=True, checks=checks, derived=staleness_of(lags, hooks))


def _database(now: Now) -> Check:
    return Check(
        name="database",
        state=state_above(now.latency_ms, _SLOW_MS, _TOO_SLOW_MS),
        rule="A round trip takes at most 100 ms; from 1000 ms on it fails.",
        value=round(now.latency_ms, 3),
        found=f"{now.latency_ms:.1f} ms",
    )


def _schema(*, is_current: bool) -> Check:
    return Check(
        name="schema",
        state="ok" if is_current else "fail",
        rule="Every migration is applied.",
        value=0 if is_current else 1,
        found="current" if is_current else "behind: run inlet migrate apply",
    )


def _queue_age(now: Now) -> Check:
    seconds = now.oldest_unprocessed.total_seconds()
    return Check(
        name="queue_age",
        state=state_above(seconds, _QUEUE_WARN, _QUEUE_FAIL),
        rule="No live event waits longer than 60 s; from 300 s on it fails.",
        value=round(seconds, 3),
        found=duration(now.oldest_unprocessed),
    )


def _dead_letters(count: int) -> Check:
    return Check(
        name="dead_letters",
        state="fail" if count >= _MANY_DEAD_LETTERS else "warn" if count else "ok",
        rule="No dead letter waits for somebody; from 1000 on it fails.",
        value=count,
        found=f"{count} waiting",
    )


def _failures(attempts: Mapping[str, int]) -> Check:
    count = sum(attempts.values())
    classes = ", ".join(f"{many} {error_class}" for error_class, many in attempts.items())
    return Check(
        name="failures",
        state="warn" if count else "ok",
        rule="No attempt at an event failed within ten minutes, of the latest 1,000 that did.",
        value=count,
        found=f"{count} attempts failed: {classes}" if count else "no attempt failed",
    )


def _workers(now: Now) -> Check:
    return Check(
        name="workers",
        state="ok" if now.living_workers else "fail",
        rule="At least one worker has reported within 30 s.",
        value=now.living_workers,
        found=f"{now.living_workers} at work",
    )


def _spool(now: Now) -> Check:
    waiting = now.waiting(now.spool_oldest_at).total_seconds()
    left = sum(
        process.spool_rows
        for process in now.processes
        if WEB_GONE_AFTER < now.at - process.seen_at < _LEFT_IS_NEW
    )
    is_failing = now.spool_rows > 0 and waiting >= _SPOOL_FAIL
    found = f"{now.spool_rows} events on disk"
    return Check(
        name="spool",
        state="fail" if is_failing else "warn" if now.spool_rows or left else "ok",
        rule=(
            "No event waits on a disk for the database; from 300 s on it fails. What a process "
            "left that is gone is named for an hour: another one takes it over."
        ),
        value=now.spool_rows,
        found=f"{found}, {left} left by processes that are gone" if left else found,
    )


def _silence(now: Now, channels: Sequence[ChannelAtWork]) -> Check:
    silent = [channel for channel in channels if silence_of(channel, now.at).is_alarm]
    is_promised = any(channel.silence_minutes is not None for channel in silent)
    return Check(
        name="silence",
        state="fail" if is_promised else "warn" if silent else "ok",
        rule=(
            "Every channel was heard of within twelve times its usual gap, at least an hour; one "
            "that is silent for longer than its own silence_minutes fails."
        ),
        value=len(silent),
        found=f"{len(silent)} of {len(channels)} channels silent",
    )


def _reconciliation(channels: Sequence[ChannelAtWork]) -> Check:
    asked = [each for each in channels if each.reconcile_minutes and not each.disabled_at]
    failed = [each for each in asked if each.reconcile_failure]
    return Check(
        name="reconciliation",
        state="warn" if failed else "ok",
        rule="Every provider that is asked for missed messages has answered the last time.",
        value=len(failed),
        found=f"{len(failed)} of {len(asked)} channels could not be asked for",
    )


def _files(now: Now, files: WaitingFiles | None) -> Check:
    found = f"{files.waiting} wait to be moved" if files else "in the database"
    if files and files.oldest_at:
        found = (
            f"{files.waiting} wait in the database, {files.failed} could not be moved; the oldest "
            f"of these came {duration(now.waiting(files.oldest_at))} ago"
        )
    return Check(
        name="files",
        state="warn" if files and files.failed else "ok",
        rule="Every file can be put into the store that FILES names; none is lost meanwhile.",
        value=files.failed if files else 0,
        found=found,
    )


def _file_quota(names: Sequence[str]) -> Check:
    named = ", ".join(names[:_MOST_NAMED])
    return Check(
        name="file_quota",
        state="warn" if names else "ok",
        rule="No customer has more files than their quota; agents of one who has can bring none.",
        value=len(names),
        found=f"{len(names)} above it: {named}" if names else "nobody is above it",
    )


def _media(now: Now, media: MediaCounts) -> Check:
    found = f"{media.waiting} wait to be fetched, {media.failed} were given up within a day"
    if media.waiting_since:
        found += f"; the first has waited for {duration(now.waiting(media.waiting_since))}"
    return Check(
        name="media",
        state="warn" if media.failed else "ok",
        rule=(
            "Within a day no attachment was given up that its provider did not give; agents see "
            "which, and can have it fetched again."
        ),
        value=media.failed,
        found=found,
    )


def _hooks(now: Now, hooks: HookCounts) -> Check:
    waiting = now.waiting(hooks.waiting_since)
    found = f"{hooks.disabled} disabled by Inlet, {hooks.failing} failing, {hooks.waiting} waiting"
    if hooks.waiting:
        found += f"; the first has waited for {duration(waiting)}"
    is_late = waiting > _HOOKS_WARN
    return Check(
        name="hooks",
        state="warn" if hooks.disabled or is_late else "ok",
        rule=(
            "No hook was disabled because it failed, was gone or was restored elsewhere, and no "
            "event waits longer than an hour for one."
        ),
        value=hooks.disabled,
        found=found,
    )


def _outbox_origin(now: Now, origin: Origin, *, is_ahead: bool) -> Check:
    reason = origin.changed_lately(now.at)
    if is_ahead or origin.change:
        found = "another server: run inlet migrate apply"
    elif reason:
        ago = duration(now.waiting(origin.began_at))
        found = f"{REASON_WORDS[reason]} {ago} ago: clients begin anew"
    else:
        found = "the same server as before"
    return Check(
        name="outbox_origin",
        state="fail" if is_ahead or origin.change else "warn" if reason else "ok",
        rule=(
            "The changes are those of this server; for a day after a restore or a failover this "
            "says so, and it fails where nobody has counted them anew."
        ),
        value=origin.epoch,
        found=found,
    )

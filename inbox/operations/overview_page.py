"""The first page: what is now, every channel, and the processes that do the work."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from starlette.responses import Response

from domain.silence import Silence
from inbox.operations.health_checks import read_health
from inbox.operations.page_filters import given_of
from inbox.operations.page_format import (
    Instant,
    counted,
    instant,
    instant_or_none,
    milliseconds,
    number,
    plain_word,
    span,
)
from inbox.operations.page_frame import HOME, show
from inbox.operations.page_views import Empty, Notice, Tag, Tone
from inbox.operations.status import WEB_GONE_AFTER, WORKER_GONE_AFTER, Now, silence_of
from inbox.operations.status_view import now_view
from inbox.page.display_format import Clock
from inbox.page.page_request import PageRequest
from store.database import Connection
from store.ops_channels import ChannelAtWork, list_channels_at_work
from store.ops_now import SeenWebProcess, SeenWorker

_MOST_CHANNELS = 100
_SIGNATURES = {
    "enforce": "signatures enforced",
    "report": "signatures reported only",
    "off": "signatures not checked",
}
_OFF = Tag(word="Switched off", tone="warn")
_NO_CHANNELS = Empty(
    icon="waves",
    heading="No channels yet",
    sentence="On the server, inlet channel add makes one and prints the webhook URL to paste.",
)
_NO_WORKERS = Empty(
    icon="hourglass",
    heading="No worker was seen within the hour",
    sentence="Events are kept and wait. Start a worker with inlet work, "
    "or everything with inlet up.",
)
_NO_WEB = Empty(
    icon="hourglass",
    heading="No web process has reported yet",
    sentence="Each reports a second after its start, and every few seconds from then on.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRow:
    """One channel; the counts are of the last 24 hours."""

    name: str
    href: str
    change_href: str
    about: str
    silence: Tag
    silence_rule: str
    last_accepted: Instant | None
    last_rejected: Instant | None
    rejected_reason: str
    accepted: str
    duplicates: str
    rejected: str
    unreadable: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRow:
    name: str
    version: str
    tone: Tone
    seen: str
    started: Instant
    processed: str
    failed: str
    dead_letters: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebRow:
    name: str
    version: str
    tone: Tone
    seen: str
    started: Instant
    accepted: str
    rejected: str
    unavailable: str
    spool: str
    commit: str
    streams: str


async def show_overview(page_request: PageRequest) -> Response:
    """Show the whole first page."""
    after_name = given_of(page_request, "after").values.get("after")
    async with page_request.shared.pool.connection() as conn:
        health = await read_health(conn, page_request.key, page_request.shared)
        found = await _channels(conn, page_request, after_name)
        shown, now = found[:_MOST_CHANNELS], health.now
        return await show(
            conn,
            page_request,
            "overview.html",
            "overview",
            now=now_view(health, page_request),
            unchecked=_unchecked(shown),
            channels=[_channel(channel, now, page_request.clock) for channel in shown],
            channels_href=given_of(page_request).link(HOME, after=shown[-1].name)
            if len(found) > _MOST_CHANNELS
            else "",
            no_channels=_NO_CHANNELS,
            is_whole=health.is_whole,
            workers=[_worker(worker, now, page_request.clock) for worker in now.workers],
            no_workers=_NO_WORKERS,
            web_processes=[_web(process, now, page_request.clock) for process in now.processes],
            no_web=_NO_WEB,
        )


async def show_now(page_request: PageRequest) -> Response:
    """Show only what is now, for the page's own module."""
    async with page_request.shared.pool.connection() as conn:
        health = await read_health(conn, page_request.key, page_request.shared)
    return page_request.pages.respond("_now.html", now=now_view(health, page_request))


async def _channels(
    conn: Connection, page_request: PageRequest, after_name: str | None
) -> Sequence[ChannelAtWork]:
    return await list_channels_at_work(
        conn, page_request.key.customer_id, after_name=after_name, row_count=_MOST_CHANNELS + 1
    )


def _unchecked(shown: Sequence[ChannelAtWork]) -> Notice | None:
    """Name the channels to which anybody can post who knows the URL."""
    names = [row.name for row in shown if row.signature_mode == "off" and row.disabled_at is None]
    if not names:
        return None
    return Notice(
        text=f"Anybody with the URL can post to {', '.join(names)}: no signatures are checked.",
        tone="warn",
    )


def _channel(row: ChannelAtWork, now: Now, clock: Clock) -> ChannelRow:
    silence = silence_of(row, now.at)
    return ChannelRow(
        name=row.name,
        href=f"{HOME}/events?channel_id={row.id}",
        change_href=f"{HOME}/channels/{row.id}",
        about=f"{row.provider} · {_SIGNATURES[row.signature_mode]}",
        silence=_OFF if row.disabled_at else _silence_tag(silence),
        silence_rule=_silence_rule(silence),
        last_accepted=instant_or_none(row.last_accepted_at, clock),
        last_rejected=instant_or_none(row.last_rejected_at, clock),
        rejected_reason=plain_word(row.last_rejected_reason or ""),
        accepted=number(row.accepted),
        duplicates=number(row.duplicates),
        rejected=number(row.rejected),
        unreadable=number(row.unreadable),
    )


def _silence_tag(silence: Silence) -> Tag:
    if silence.silent_for is None:
        return Tag(word="Never heard of", tone="idle")
    if silence.is_alarm:
        return Tag(word=f"Silent for {_span(silence.silent_for)}", tone="fail")
    return Tag(word="Heard of", tone="ok")


def _silence_rule(silence: Silence) -> str:
    """Write the rule next to what it says."""
    usual = f"usual gap {_span(silence.usual_gap)}" if silence.usual_gap else ""
    alarm = f"alarm after {_span(silence.alarm_after)}" if silence.alarm_after else "no alarm yet"
    return f"{usual}, {alarm}" if usual else alarm


def _span(length: timedelta) -> str:
    return span(length.total_seconds())


def _worker(row: SeenWorker, now: Now, clock: Clock) -> WorkerRow:
    is_gone = now.at - row.seen_at > WORKER_GONE_AFTER
    return WorkerRow(
        name=f"{row.host} · {row.pid}",
        version=_version(row.version),
        tone="idle" if is_gone else "ok",
        seen=f"{_span(max(now.at - row.seen_at, timedelta()))} ago",
        started=instant(row.started_at, clock),
        processed=number(row.processed),
        failed=number(row.failed),
        dead_letters=number(row.dead_letters),
    )


def _web(row: SeenWebProcess, now: Now, clock: Clock) -> WebRow:
    is_gone = now.at - row.seen_at > WEB_GONE_AFTER
    spooled = counted(row.spool_rows, "event") if row.spool_rows else "empty"
    return WebRow(
        name=f"{row.host} · {row.pid}",
        version=_version(row.version),
        tone="ok" if not is_gone else "warn" if row.spool_rows else "idle",
        seen=f"{_span(max(now.at - row.seen_at, timedelta()))} ago",
        started=instant(row.started_at, clock),
        accepted=number(row.accepted),
        rejected=number(row.rejected),
        unavailable=number(row.unavailable),
        spool=spooled,
        commit=f"{milliseconds(row.commit_ms)} ms" if row.commit_ms else "–",
        streams=number(row.streams),
    )


def _version(version: str) -> str:
    return f"version {version}" if version else ""

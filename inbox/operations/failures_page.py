"""What fails, by class and channel, so that one cause is mended once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from starlette.responses import Response

from inbox.operations.page_filters import given_of
from inbox.operations.page_format import Instant, instant, number
from inbox.operations.page_frame import show
from inbox.operations.page_views import Empty
from inbox.page.page_request import PageRequest
from store.ops_failures import FailureGroup, list_failure_groups

PATH = "/ops/failures"
_SPANS: Mapping[str, tuple[str, timedelta]] = {
    "hour": ("Last hour", timedelta(hours=1)),
    "day": ("Last day", timedelta(days=1)),
    "week": ("Last week", timedelta(days=7)),
    "month": ("Last 30 days", timedelta(days=30)),
}
_DEFAULT = "week"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanLink:
    """A way to look further back."""

    label: str
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """One class of failure on one channel."""

    error_class: str
    channel: str
    provider: str
    events: str
    attempts: str
    dead_letters: str
    first: Instant
    last: Instant
    sample_href: str
    letters_href: str
    retry_href: str


async def show_failures(page_request: PageRequest) -> Response:
    """Show failures of one span of time, and all dead letters that wait."""
    asked = given_of(page_request, "span").values.get("span", "")
    chosen = asked if asked in _SPANS else _DEFAULT
    since = page_request.clock.now - _SPANS[chosen][1]
    async with page_request.shared.pool.connection() as conn:
        groups = await list_failure_groups(conn, page_request.key.customer_id, since=since)
        return await show(
            conn,
            page_request,
            "failures.html",
            "failures",
            spans=[
                SpanLink(label=label, href=f"{PATH}?span={name}", is_current=name == chosen)
                for name, (label, _) in _SPANS.items()
            ],
            rows=[_row(group, page_request) for group in groups],
            empty_list=Empty(
                icon="circle-check",
                heading="Nothing failed",
                sentence="No attempt failed in this time, and no dead letter waits.",
            ),
        )


def _row(group: FailureGroup, page_request: PageRequest) -> GroupRow:
    query = urlencode({"error_class": group.error_class, "channel_id": group.channel_id})
    letters = f"/ops/dead-letters?{query}" if group.dead_letters else ""
    return GroupRow(
        error_class=group.error_class,
        channel=group.channel_name,
        provider=group.provider,
        events=number(group.events),
        attempts=number(group.attempts),
        dead_letters=number(group.dead_letters),
        first=instant(group.first_at, page_request.clock),
        last=instant(group.last_at, page_request.clock),
        sample_href=f"/ops/events/{group.sample_id}",
        letters_href=letters,
        retry_href=f"/ops/dead-letters/retry?{query}" if letters else "",
    )

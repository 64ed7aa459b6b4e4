"""What became of the messages that were written here: by time, by channel, by error."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from inbox.http.times import present_time
from inbox.reports.making import Making
from inbox.reports.report import Report, ReportRow, Value, compare, row, share, table
from store.channels import list_channels
from store.reports import Sum, sum_figures

_DELIVERED = ("delivered", "read")
_NEVER_LEFT = ("canceled", "queued")


async def make_delivery(making: Making) -> Report:
    """Count by status; by channel and error too, unless a filter is by something else."""
    by_time = await sum_figures(
        making.conn, making.span, ("delivery",), by_time=True, by_detail=True
    )
    before = await sum_figures(making.conn, making.span_before, ("delivery",), by_detail=True)
    series: dict[datetime, list[Sum]] = {at: [] for at in await making.starts()}
    for each in by_time:
        if each.starts_at is not None:
            series.setdefault(each.starts_at, []).append(each)
    rows = [row(_values(series[at]), starts_at=present_time(at)) for at in sorted(series)]
    tables = [table("by_time", rows)]
    if making.span.grouped_by in ("all", "channel"):
        channels, errors = await _by_channel(making)
        tables += [table("by_channel", channels), table("by_error", errors)]
    return making.report("delivery", compare(_values(by_time), _values(before)), tables)


async def _by_channel(making: Making) -> tuple[list[ReportRow], list[ReportRow]]:
    stored = {
        each.channel.id: each.channel
        for each in await list_channels(making.conn, making.customer_id)
    }
    span = making.span
    if span.grouped_by == "all":
        span = replace(span, grouped_by="channel", keys=list(stored))
    sums = await sum_figures(making.conn, span, ("delivery",), by_key=True, by_detail=True)
    by_channel: dict[str, list[Sum]] = {}
    for each in sums:
        by_channel.setdefault(each.group_key, []).append(each)

    def about(channel_id: str) -> dict[str, str | None]:
        channel = stored.get(channel_id)
        return {
            "channel_id": channel_id,
            "channel_name": channel.name if channel else None,
            "provider": channel.provider if channel else None,
        }

    channels = [
        row(_values(found), about=about(channel_id))
        for channel_id, found in sorted(
            by_channel.items(), key=lambda item: -sum(each.amount for each in item[1])
        )
    ]
    errors = [
        row(
            {"messages": each.amount},
            about={
                **about(each.group_key),
                "status": _status(each),
                "error_code": each.detail.partition(":")[2] or None,
            },
        )
        for each in sorted(sums, key=lambda each: -each.amount)
        if _status(each) in ("failed", "unknown")
    ]
    return channels, errors


def _values(sums: Iterable[Sum]) -> dict[str, Value]:
    by_status: dict[str, int] = {}
    for each in sums:
        by_status[_status(each)] = by_status.get(_status(each), 0) + each.amount
    delivered = _sum_of(by_status, _DELIVERED)
    handed_over = sum(by_status.values()) - _sum_of(by_status, _NEVER_LEFT)
    return {
        "written": sum(by_status.values()),
        "sent": by_status.get("sent", 0),
        "delivered": delivered,
        "failed": by_status.get("failed", 0),
        "unknown": by_status.get("unknown", 0),
        "delivered_share": share(delivered, handed_over),
        "failed_share": share(by_status.get("failed", 0), handed_over),
    }


def _status(each: Sum) -> str:
    return each.detail.partition(":")[0]


def _sum_of(by_status: Mapping[str, int], statuses: Iterable[str]) -> int:
    return sum(by_status.get(status, 0) for status in statuses)

"""Reports that divide by agent, by tag, or say who wants no more texts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from inbox.http.times import present_time
from inbox.reports.making import Making, durations_as_values, durations_of
from inbox.reports.query import channel_of
from inbox.reports.report import Report, ReportRow, Value, compare, row, table
from store.agents import list_agents
from store.channels import list_channels
from store.reports import Durations, GroupedBy, Sum, count_opt_outs, sum_figures
from store.tags import list_tags

MOST_LISTED = 200
_OF_AGENTS = ("messages_out", "conversations_closed", "agent_reopenings", "notes")
_OF_TAGS = (
    "messages_in",
    "messages_out",
    "conversations_new",
    "conversations_closed",
    "first_asked",
)


async def make_agents(making: Making) -> Report:
    """Say what each agent did; who did nothing is not there."""
    agents = await list_agents(making.conn, making.customer_id, after=None, row_count=MOST_LISTED)
    names = {agent.id: agent.name for agent in agents}
    sums, durations = await _by_key(making, "agent", list(names), _OF_AGENTS)
    rows = [
        row(
            {
                **{figure: sums.get(key, {}).get(figure, 0) for figure in _OF_AGENTS},
                **_times(making, durations.get(key, {})),
            },
            about={"agent_id": key, "agent_name": name},
        )
        for key, name in names.items()
        if key in sums or key in durations
    ]
    totals: dict[str, Value] = {
        figure: sum(found.get(figure, 0) for found in sums.values()) for figure in _OF_AGENTS
    }
    return making.report(
        "agents", compare({"agents": len(rows), **totals}, {}), [table("by_agent", rows)]
    )


async def make_tags(making: Making) -> Report:
    """Say what conversations with each tag were; one may have several tags."""
    tags = await list_tags(
        making.conn, making.customer_id, after=None, row_count=MOST_LISTED, most_counted=1
    )
    sums, durations = await _by_key(making, "tag", [tag for tag, _ in tags], _OF_TAGS)
    rows: list[ReportRow] = []
    for tag in sums.keys() | durations.keys():
        amounts, found = sums.get(tag, {}), durations.get(tag, {})
        times = _times(making, found)
        unanswered = amounts.get("first_asked", 0) - (times["first_answered"] or 0)
        values = {figure: amounts.get(figure, 0) for figure in _OF_TAGS}
        rows.append(row({**values, "first_unanswered": unanswered, **times}, about={"tag": tag}))
    rows.sort(key=lambda each: (-(each.values["messages_in"] or 0), each.about["tag"] or ""))
    return making.report("tags", compare({"tags": len(rows)}, {}), [table("by_tag", rows)])


async def make_consent(making: Making) -> Report:
    """Count who wants no more texts, and what was marked as spam."""
    conn, span, channel_id = making.conn, making.span, channel_of(making.query)
    marked = ("conversations_spam", "conversations_new")
    sums = await sum_figures(conn, span, marked, by_time=True)
    sums += await count_opt_outs(conn, span, channel_id, by_time=True)
    before = await sum_figures(conn, making.span_before, marked)
    before += await count_opt_outs(conn, making.span_before, channel_id)
    series: dict[datetime, dict[str, int]] = {at: {} for at in await making.starts()}
    for each in sums:
        if each.starts_at is not None:
            series.setdefault(each.starts_at, {})[each.figure] = each.amount
    by_channel = await count_opt_outs(conn, span, channel_id, by_key=True)
    names = {
        each.channel.id: each.channel.name for each in await list_channels(conn, making.customer_id)
    }
    return making.report(
        "consent",
        compare(_consent(_totals(sums)), _consent(_totals(before))),
        [
            table(
                "by_time",
                (row(_consent(series[at]), starts_at=present_time(at)) for at in sorted(series)),
            ),
            table(
                "by_channel",
                (
                    row(
                        {"opt_outs": each.amount},
                        about={
                            "channel_id": each.group_key,
                            "channel_name": names.get(each.group_key),
                        },
                    )
                    for each in sorted(by_channel, key=lambda each: -each.amount)
                ),
            ),
        ],
    )


async def _by_key(
    making: Making, grouped_by: GroupedBy, keys: Sequence[str], figures: Sequence[str]
) -> tuple[dict[str, dict[str, int]], dict[str, Mapping[str, Durations]]]:
    span = replace(making.span, grouped_by=grouped_by, keys=keys, grain="day")
    sums: dict[str, dict[str, int]] = {}
    for each in await sum_figures(making.conn, span, figures, by_key=True):
        sums.setdefault(each.group_key, {})[each.figure] = each.amount
    durations = await durations_of(making, span, ("first_response",), by_key=True)
    return sums, {key: found for (_, key), found in durations.items()}


def _times(making: Making, found: Mapping[str, Durations]) -> dict[str, Value]:
    responses = found.get("first_response")
    has_hours = making.fresh.has_hours
    return {
        "first_answered": responses.amount if responses else 0,
        **durations_as_values(found, "first_response", has_hours=has_hours),
    }


def _totals(sums: Sequence[Sum]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for each in sums:
        totals[each.figure] = totals.get(each.figure, 0) + each.amount
    return totals


def _consent(amounts: Mapping[str, int]) -> dict[str, Value]:
    return {
        "opt_outs": amounts.get("opt_outs", 0),
        "conversations_spam": amounts.get("conversations_spam", 0),
        "conversations_new": amounts.get("conversations_new", 0),
    }

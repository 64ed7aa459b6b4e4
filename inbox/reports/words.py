"""How figures are called and written for readers."""

from collections.abc import Mapping

from inbox.reports.report import ReportName, Value

_MINUTE, _HOUR, _DAY = 60, 3600, 86400

TITLES: Mapping[ReportName, str] = {
    "volume": "Volume",
    "times": "Response times",
    "backlog": "Backlog",
    "delivery": "Delivery",
    "agents": "Agents",
    "tags": "Tags",
    "consent": "Opt-outs and spam",
}
LEADS: Mapping[ReportName, str] = {
    "volume": "What came and went, and what became of conversations.",
    "times": "How long people waited for a first response, and how long it took to close.",
    "backlog": "What is to be done now, and for how long people have been waiting for it.",
    "delivery": "What became of the messages that were written here.",
    "agents": "What each agent did.",
    "tags": "Conversations by the tags that they have now; those with several are under each.",
    "consent": "Who wants no more texts, and what was marked as spam.",
}
LABELS: Mapping[str, str] = {
    "messages_in": "Messages in",
    "messages_automatic": "Of these automatic",
    "messages_out": "Messages out",
    "conversations_new": "New conversations",
    "conversations_reopened": "Reopened",
    "conversations_closed": "Closed",
    "conversations_spam": "Marked as spam",
    "first_asked": "Asked first",
    "first_answered": "Answered",
    "first_unanswered": "Unanswered",
    "first_response_median_seconds": "First response, median",
    "first_response_p90_seconds": "First response, 90 % within",
    "first_response_median_business_seconds": "Median in business hours",
    "first_response_p90_business_seconds": "90 % within, business hours",
    "resolved": "Closings",
    "resolution_median_seconds": "Until closed, median",
    "resolution_p90_seconds": "Until closed, 90 % within",
    "resolution_median_business_seconds": "Until closed, median, business",
    "resolution_p90_business_seconds": "Until closed, 90 %, business",
    "open": "Open",
    "pending": "Pending",
    "snoozed": "Snoozed",
    "waiting": "Waiting for an answer",
    "waiting_business": "By business hours",
    "waiting_median_seconds": "Waiting, median",
    "waiting_longest_seconds": "Waiting longest",
    "written": "Written",
    "sent": "Sent, no receipt",
    "delivered": "Delivered",
    "failed": "Failed",
    "unknown": "Unknown",
    "delivered_share": "Delivered, share",
    "failed_share": "Failed, share",
    "messages": "Messages",
    "agents": "Agents who did something",
    "agent_reopenings": "Reopened by hand",
    "notes": "Notes",
    "tags": "Tags in use",
    "opt_outs": "Opt-outs",
    "channel_name": "Channel",
    "channel_id": "Channel id",
    "provider": "Provider",
    "status": "Status",
    "error_code": "Error code",
    "agent_name": "Agent",
    "agent_id": "Agent id",
    "tag": "Tag",
    "age": "For",
}
TABLES: Mapping[str, str] = {
    "by_time": "Over time",
    "by_age": "By age",
    "by_channel": "By channel",
    "by_error": "By error",
    "by_agent": "By agent",
    "by_tag": "By tag",
}
AGES: Mapping[str, str] = {
    "up_to_1_hour": "up to 1 hour",
    "up_to_4_hours": "1 to 4 hours",
    "up_to_1_day": "4 to 24 hours",
    "up_to_3_days": "1 to 3 days",
    "up_to_7_days": "3 to 7 days",
    "longer": "longer than 7 days",
}
SPANS: Mapping[str, str] = {
    "today": "Today",
    "yesterday": "Yesterday",
    "last_7_days": "Last 7 days",
    "last_28_days": "Last 28 days",
    "last_90_days": "Last 90 days",
    "this_month": "This month",
    "last_month": "Last month",
}


def write_value(name: str, value: Value) -> str:
    """Write a figure by the ending of its name."""
    if value is None:
        return "–"
    if name.endswith("_seconds"):
        return write_duration(value)
    if name.endswith("_share"):
        return f"{value:.1%}".replace("%", " %")
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def write_duration(seconds: float) -> str:
    """Write a duration in its two largest units."""
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    large, small, names = (
        (_HOUR, _MINUTE, ("h", "min")) if seconds < _DAY else (_DAY, _HOUR, ("d", "h"))
    )
    whole, rest = divmod(round(seconds / small), large // small)
    return f"{whole} {names[0]}" + (f" {rest} {names[1]}" if rest else "")


def write_change(value: Value, before: Value) -> str:
    """Write by how much a figure has changed; empty where nothing can be said."""
    if value is None or not before:
        return ""
    change = round(100 * (value - before) / before)
    return f"{change:+} %".replace("-", "−") if change else "the same"

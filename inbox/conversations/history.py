"""What was done to a conversation, in one plain sentence each. Pure."""

from collections.abc import Mapping
from datetime import datetime

from inbox.conversations.list_rows import STATUS_LABELS
from inbox.page.display_format import Clock
from store.audit import StoredEntry

_ICONS = {
    "conversation.assigned": "user-check",
    "conversation.status_changed": "circle-check",
    "conversation.snoozed": "alarm-clock",
    "conversation.subject_changed": "pencil",
    "conversation.merged": "merge",
    "conversation.split": "layers",
    "tag.added": "tag",
    "tag.removed": "tag",
}
_DID = {
    "open": "opened it again",
    "closed": "closed it",
    "pending": "set it to pending",
    "spam": "marked it as spam",
    "snoozed": "snoozed it",
}


def icon_of(action: str) -> str:
    return _ICONS.get(action, "circle-dot")


def describe(entry: StoredEntry, names: Mapping[str, str], clock: Clock) -> str | None:
    """Say what an entry of the audit means; None for what the thread shows anyway."""
    who = entry.agent_name or ("A program" if entry.key_id else "Inlet")
    detail = {name: str(value) for name, value in entry.detail.items() if value is not None}
    match entry.action:
        case "conversation.assigned":
            return f"{who} {_assigned(entry, detail, names)}"
        case "conversation.status_changed":
            to = detail.get("to", "")
            return f"{who} {_DID.get(to, f'set it to {STATUS_LABELS.get(to, to)}')}"
        case "conversation.snoozed":
            return f"{who} snoozed it until {_time(detail.get('until', ''), clock)}"
        case "conversation.subject_changed":
            return f"{who} changed the subject"
        case "conversation.merged":
            return f"{who} merged another conversation into it"
        case "conversation.split":
            return f"{who} split messages off"
        case "tag.added" | "conversation.tagged":
            return f"{who} added the tag {detail.get('tag', '')}".rstrip()
        case "tag.removed" | "conversation.untagged":
            return f"{who} removed the tag {detail.get('tag', '')}".rstrip()
        case _:
            return None


def _assigned(entry: StoredEntry, detail: Mapping[str, str], names: Mapping[str, str]) -> str:
    to = detail.get("to")
    if to is None:
        return "left it to nobody"
    if to == entry.agent_id:
        return "took it"
    return f"assigned it to {names.get(to, 'a colleague')}"


def _time(text: str, clock: Clock) -> str:
    try:
        return clock.moment(datetime.fromisoformat(text)).clock_day
    except ValueError:
        return "later"

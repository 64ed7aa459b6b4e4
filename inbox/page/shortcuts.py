"""The keyboard map as the sheet shows it; static/keys.js does what it says."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcut:
    keys: Sequence[str]
    does: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortcutGroup:
    title: str
    lines: Sequence[Shortcut]


_MAP = {
    "Move": (
        ("j k", "Next, previous"),
        ("Enter o", "Open"),
        ("u", "Back to the list"),
        ("[ ]", "Previous, next conversation"),
        (".", "Refresh the list"),
        ("g i", "All open"),
        ("g u", "Unread"),
        ("g m", "Mine"),
        ("/", "Search"),
    ),
    "Do": (
        ("m", "Take it"),
        ("a", "Assign"),
        ("e", "Close, or open again"),
        ("z", "Snooze"),
        ("t", "Tag"),
        ("I", "Mark read"),
        ("U", "Mark unread"),
        ("x", "Select"),
        ("Shift+x", "Select up to here"),
    ),
    "Write": (
        ("c", "New message"),
        ("r", "Reply"),
        ("n", "Note"),
        ("Ctrl Enter", "Send"),
        ("Ctrl Shift Enter", "Send and close"),
        ("/name", "Canned reply, in the text"),
    ),
    "Everywhere": (("Ctrl K", "Commands"), ("?", "This sheet"), ("Esc", "Leave the field")),
}

SHORTCUTS = [
    ShortcutGroup(
        title=title,
        lines=[Shortcut(keys=keys.split(), does=does) for keys, does in lines],
    )
    for title, lines in _MAP.items()
]

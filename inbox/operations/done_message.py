"""What was just done, told on the page that one is led to. An address says which; nothing more."""

from urllib.parse import urlencode

from inbox.operations.page_format import counted
from inbox.operations.page_views import Notice
from inbox.page.page_request import PageRequest

_MOST_DIGITS = 9
_DONE = {
    "retried": "{events} queued again. What comes of it shows up here and under Events.",
    "dropped": "{events} given up. The bytes stay, and a replay still can read them.",
    "replayed": "{events} queued again. What is already right stays as it is.",
    "released": "Released: {events} recorded with the time at which the delivery arrived.",
    "job": "The job is on the list. This page shows how far it is.",
    "disabled": "The channel is switched off. Its webhooks are answered 503 from now on.",
    "enabled": "The channel is switched on: it receives and sends again.",
    "rotated": "The channel had its new URL already, shown when it was made.",
    "hook_made": "The hook had its secret already, shown when it was made.",
    "hook_changed": "The hook is changed.",
    "hook_rotated": "The hook had its new secret already, shown when it was made.",
    "hook_enabled": "The hook is on: it is told what happens from now on, and what waited for it.",
    "hook_disabled": "The hook is off. What waits for it is kept for 30 days.",
    "hook_removed": "The hook is removed.",
    "hook_replayed": "{events} queued again, under the same ids.",
    "canceled": "The job is canceled. What it had done stays done.",
}


def done_link(path: str, done: str, count: int = 0) -> str:
    """Return where to go after something was done."""
    return f"{path}?{urlencode({'done': done, 'n': count})}"


def done_message(page_request: PageRequest) -> Notice | None:
    """Say what was just done, if the address tells."""
    given = page_request.request.query_params
    sentence = _DONE.get(given.get("done", ""))
    number = given.get("n", "")
    if sentence is None or not (number.isascii() and number.isdigit()):
        return None
    count = int(number[:_MOST_DIGITS])
    return Notice(text=sentence.format(events=counted(count, "event")), tone="ok")

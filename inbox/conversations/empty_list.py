"""Why a list is empty, in words, and what can be done about it."""

from dataclasses import dataclass

from inbox.conversations.page_queries import Asked
from inbox.page.display_format import Moment
from inbox.page.page_request import PageRequest
from store.conversation_filter import ConversationFilter
from store.conversation_listing import list_keys
from store.database import Connection
from store.snoozing import find_next_wake_of_customer

_ZERO = {
    "mine": ("Nothing is yours right now", "Take one from Unassigned with m."),
    "unassigned": ("Everything has somebody", "No conversation waits for an owner."),
    "needs_reply": ("All clear", "Nobody is waiting for an answer."),
    "unread": ("You have read everything", "What comes in next shows up here by itself."),
    "may_opt_out": ("Nothing to decide", "No text is waiting that may ask for no more texts."),
    "snoozed": ("Nothing is snoozed", "Snooze a conversation with z, and it comes back by itself."),
    "open": ("Inbox zero", "Nothing is open. What comes in next shows up here by itself."),
    "closed": ("Nothing was closed yet", "Close a conversation with e."),
    "spam": ("No spam", "Long may it last."),
}
_TELLS_NEXT = frozenset({"mine", "needs_reply", "open", "snoozed", "unread"})
_CURL = """curl {url}/webhooks/generic/TOKEN \\
  -H 'Content-Type: application/json' \\
  -d '{{"type": "sms", "provider_message_id": "test-1",
       "from": "+14155550100", "to": "+14155550199",
       "body": "Hello, is anybody there?"}}'"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmptyListView:
    """Why a list is empty: `first_run`, `no_result` or `zero`."""

    kind: str
    heading: str = ""
    sentence: str = ""
    curl: str = ""
    clear_href: str = ""
    closed_href: str = ""
    next_snooze: Moment | None = None


async def explain_empty_list(
    conn: Connection, page_request: PageRequest, asked: Asked
) -> EmptyListView:
    """Explain an empty list."""
    if asked.is_filtered:
        return EmptyListView(
            kind="no_result",
            clear_href=f"/inbox?view={asked.view.key}",
            closed_href=asked.in_view("closed")
            if asked.view.key != "closed" and not asked.q
            else "",
        )
    customer_id = page_request.key.customer_id
    any_at_all = await list_keys(conn, customer_id, ConversationFilter(), after=None, limit=1)
    if not any_at_all.keys:
        return EmptyListView(
            kind="first_run", curl=_CURL.format(url=page_request.shared.public_url)
        )
    heading, sentence = _ZERO[asked.view.key]
    tells_next = asked.view.key in _TELLS_NEXT
    wakes_at = await find_next_wake_of_customer(conn, customer_id) if tells_next else None
    return EmptyListView(
        kind="zero",
        heading=heading,
        sentence=sentence,
        next_snooze=page_request.clock.moment(wakes_at) if wakes_at else None,
    )

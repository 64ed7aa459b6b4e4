"""Finds who may be the same person: a contact of the same name behind other addresses."""

from dataclasses import dataclass

from domain.search_query import parse_search
from inbox.conversations.list_rows import Shown
from inbox.conversations.reading import search_page
from inbox.page.page_request import PageRequest
from store.conversation_filter import ConversationFilter
from store.database import Connection

_LOOKED_AT = 10
_SECONDS = 0.2
_SHORTEST_NAME = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeHint:
    contact_id: str
    name: str
    address: str


async def find_hint(conn: Connection, page_request: PageRequest, shown: Shown) -> MergeHint | None:
    """Look for the contact's name among what was said and by whom; None is no promise."""
    first = next(iter(shown.others), None)
    if first is None or not first.contact_id or not page_request.key.allows("conversations:write"):
        return None
    name = (first.contact_name or "").strip()
    query = parse_search(f'"{name}"') if len(name) >= _SHORTEST_NAME and " " in name else None
    if query is None:
        return None
    found = await search_page(
        conn,
        page_request.key.customer_id,
        query,
        ConversationFilter(viewer_id=page_request.key.agent_id),
        cursor=None,
        limit=_LOOKED_AT,
        timeout_seconds=_SECONDS,
    )
    for conversation in found.items:
        for participant in conversation.participants:
            contact = participant.contact
            is_other = contact is not None and contact.id != first.contact_id
            if contact and is_other and _is_same(contact.name, name):
                return MergeHint(contact_id=contact.id, name=name, address=participant.address)
    return None


def _is_same(name: str | None, other: str) -> bool:
    return (name or "").strip().casefold() == other.casefold()

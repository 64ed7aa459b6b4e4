"""Until when conversations by WhatsApp may be answered, for the API and the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.whatsapp import is_whatsapp
from inbox.page.display_format import Clock, Moment
from store.conversation_rows import ListedConversation, ListedParticipant
from store.database import Connection
from store.whatsapp_windows import WindowKey, list_windows


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowView:
    """Whether WhatsApp takes a text of ours, and until when; without `closes` it never did."""

    is_open: bool
    closes: Moment | None = None
    left: str = ""


async def read_windows(
    conn: Connection,
    customer_id: int,
    rows: Sequence[ListedConversation],
    participants: Sequence[ListedParticipant],
) -> dict[str, datetime]:
    """Find when the windows of these conversations close, or have closed, by conversation.

    Of several people it is that of the first to close; where one has none, there is none.
    """
    named = {row.id: row for row in rows}
    keys = [
        (other.conversation_id, _key(named[other.conversation_id], other.address))
        for other in participants
        if is_whatsapp(other.address)
    ]
    found = await list_windows(conn, customer_id, [key for _, key in keys])
    closing: dict[str, datetime] = {}
    without = {conversation_id for conversation_id, key in keys if key not in found}
    for conversation_id, key in keys:
        if conversation_id not in without:
            earlier = closing.get(conversation_id, found[key])
            closing[conversation_id] = min(earlier, found[key])
    return closing


def window_view(closes_at: datetime | None, clock: Clock) -> WindowView:
    """Say how long somebody may be answered."""
    if closes_at is None:
        return WindowView(is_open=False)
    left = closes_at - clock.now
    return WindowView(
        is_open=left > timedelta(0), closes=clock.moment(closes_at), left=_in_words(left)
    )


def _key(row: ListedConversation, address: str) -> WindowKey:
    return WindowKey(row.channel_id, row.own_address, address)


def _in_words(left: timedelta) -> str:
    minutes = max(1, int(left.total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"

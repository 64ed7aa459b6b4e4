"""What a conversation must match, and what that means to a customer: channels, hashes, counts.

Knows no list and no order.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from domain.address import Address
from domain.channel import ChannelKind
from domain.conversation import ConversationStatus
from store.database import Connection
from store.sql import statements

_RESOLVE_FILTER = statements("conversation_filter")["resolve_filter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationFilter:
    """What a conversation must match; None and empty match all.

    `addresses` are the readings of one text, of which any may match; of `tags`, all must.
    `assignee_id` is an agent, or "none" for nobody. `unread` is so for `viewer_id`. One
    `may_opt_out` while somebody has to say whether a message is an opt-out. `active_after`
    is inclusive, `active_before` is not.
    """

    channel_id: str | None = None
    channel_kind: ChannelKind | None = None
    statuses: tuple[ConversationStatus, ...] = ()
    assignee_id: str | None = None
    viewer_id: str | None = None
    unread: bool | None = None
    needs_reply: bool | None = None
    may_opt_out: bool | None = None
    tags: tuple[str, ...] = ()
    contact_id: str | None = None
    addresses: tuple[Address, ...] = ()
    active_after: datetime | None = None
    active_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedFilter:
    """What a filter means to a customer. Counts go up to what was asked for."""

    channel_ids: list[str]
    own_channel_ids: list[str]
    is_own: bool
    address_hashes: list[int]
    address_count: int
    contact_hashes: list[int]
    contact_count: int
    tag_counts: list[int]


async def resolve_filter(
    conn: Connection, customer_id: int, wanted: ConversationFilter, most: int
) -> ResolvedFilter | None:
    """Look up what a filter names, counting up to `most`; None where it names nothing."""
    if not _names_something(wanted):
        return None
    cursor = conn.cursor(row_factory=class_row(ResolvedFilter))
    await cursor.execute(
        _RESOLVE_FILTER,
        {
            "customer_id": customer_id,
            "channel_id": wanted.channel_id,
            "channel_kind": wanted.channel_kind,
            "contact_id": wanted.contact_id,
            "tags": list(wanted.tags),
            "most": most,
            **_kinds_and_values(wanted.addresses),
        },
    )
    return (await cursor.fetchall())[0]


def _names_something(wanted: ConversationFilter) -> bool:
    return bool(wanted.channel_kind or wanted.addresses or wanted.contact_id or wanted.tags)


def _kinds_and_values(addresses: Iterable[Address]) -> dict[str, list[str]]:
    listed = list(addresses)
    return {
        "kinds": [address.kind for address in listed],
        "values": [address.value for address in listed],
    }

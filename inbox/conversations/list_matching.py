"""Whether a conversation as it is now belongs to a list that was read before. Pure."""

from domain.address import Address
from inbox.conversations.list_rows import Shown
from store.conversation_filter import ConversationFilter

_AT_WORK = ("open", "pending")


def matches(shown: Shown, wanted: ConversationFilter) -> bool:
    """Say whether a conversation as it is now belongs to a list."""
    row = shown.row
    is_at_work = row.status in _AT_WORK
    return (
        (not wanted.statuses or row.status in wanted.statuses)
        and wanted.channel_id in (None, row.channel_id)
        and wanted.channel_kind in (None, row.channel_kind)
        and wanted.assignee_id in (None, row.assignee_id or "none")
        and (not wanted.unread or (bool(row.unread) and is_at_work))
        and (not wanted.needs_reply or shown.needs_reply)
        and set(wanted.tags) <= set(row.tags)
        and _has_contact(shown, wanted.contact_id)
        and _has_address(shown, wanted.addresses)
    )


def _has_contact(shown: Shown, contact_id: str | None) -> bool:
    return contact_id is None or any(person.contact_id == contact_id for person in shown.people)


def _has_address(shown: Shown, addresses: tuple[Address, ...]) -> bool:
    values = {person.address for person in shown.people} | {shown.row.own_address}
    return not addresses or any(address.value in values for address in addresses)

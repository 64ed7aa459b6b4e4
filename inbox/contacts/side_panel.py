"""Gathers what stands beside a conversation: the contact, its other conversations, some facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from domain.consent import ConsentSource
from inbox.contacts.merge_hint import MergeHint
from inbox.conversations.list_rows import CHANNELS, STATUS_LABELS, Shown, href_of
from inbox.page.display_format import Clock, Face, Moment, face
from inbox.page.page_request import PageRequest
from store.consent_records import list_states
from store.contacts import ContactAddress, find_contact, list_contact_addresses
from store.conversation_filter import ConversationFilter
from store.conversation_listing import list_keys
from store.conversation_rows import ListedConversation, ListedParticipant, read_conversations
from store.database import Connection

_MOST_OTHERS = 6
_MOST_CONSENTS = 20
_HOW: Mapping[ConsentSource, str] = {
    "keyword": "by a keyword",
    "signal": "told by the provider",
    "refusal": "refused by the provider",
    "manual": "recorded by hand",
}
_KINDS = {
    "phone": ("phone", "Phone"),
    "email": ("mail", "Email"),
    "handle": ("at-sign", "Handle"),
}
_WRITABLE = frozenset({"phone", "mail"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressView:
    icon: str
    label: str
    address: str
    name: str = ""
    write_href: str = ""
    is_suppressed: bool = False
    has_opted_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentView:
    """Whether a channel may text an address; `how` is by what that is known."""

    address: str
    channel_name: str
    has_opted_out: bool
    how: str
    at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherView:
    href: str
    title: str
    icon: str
    at: Moment
    status_label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    label: str
    text: str = ""
    at: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SideView:
    conversation_id: str
    name: str
    face: Face
    contact_id: str | None
    contact_name: str | None
    contact_version: int | None
    can_write: bool
    addresses: Sequence[AddressView]
    consents: Sequence[ConsentView] = ()
    people: Sequence[AddressView] = ()
    merge_hint: MergeHint | None = None
    tags: Sequence[str] = ()
    others: Sequence[OtherView] = ()
    facts: Sequence[Fact] = ()


async def gather_side(
    conn: Connection, page_request: PageRequest, shown: Shown, hint: MergeHint | None = None
) -> SideView:
    """Show the first of the others in full and the rest by name."""
    customer_id = page_request.key.customer_id
    others = shown.others
    first = others[0] if others else None
    contact_id = first.contact_id if first else None
    contact = await find_contact(conn, customer_id, contact_id) if contact_id else None
    known = await list_contact_addresses(conn, customer_id, [contact_id]) if contact_id else []
    return SideView(
        conversation_id=shown.row.id,
        name=(contact.name if contact else None) or (first.address if first else shown.name),
        face=face(shown.name, salt=shown.salt),
        contact_id=contact.id if contact else None,
        contact_name=contact.name if contact else None,
        contact_version=contact.version if contact else None,
        can_write=page_request.key.allows("conversations:write"),
        addresses=_with_links(
            _addresses(known) or ([_address(first)] if first else []),
            can_reply=page_request.key.allows("messages:write"),
        ),
        consents=await _consents(conn, page_request, contact.id) if contact else [],
        people=[_address(other) for other in others],
        merge_hint=hint,
        tags=shown.row.tags,
        others=await _others(conn, page_request, shown.row, contact.id) if contact else [],
        facts=_facts(shown.row, page_request.clock),
    )


async def _consents(
    conn: Connection, page_request: PageRequest, contact_id: str
) -> list[ConsentView]:
    """Show where something was said of being texted."""
    states = await list_states(conn, page_request.key.customer_id, contact_id, _MOST_CONSENTS)
    return [
        ConsentView(
            address=state.address,
            channel_name=state.channel_name,
            has_opted_out=state.state == "opted_out",
            how=f"by {state.word.upper()}" if state.word else _HOW[state.source],
            at=page_request.clock.moment(state.since),
        )
        for state in states
        if state.since and state.source
    ]


async def _others(
    conn: Connection, page_request: PageRequest, row: ListedConversation, contact_id: str
) -> list[OtherView]:
    customer_id = page_request.key.customer_id
    wanted = ConversationFilter(contact_id=contact_id)
    page = await list_keys(conn, customer_id, wanted, after=None, limit=_MOST_OTHERS)
    ids = [key.id for key in page.keys if key.id != row.id]
    found = await read_conversations(conn, customer_id, ids, page_request.key.agent_id)
    return [
        OtherView(
            href=href_of(conversation.id, ""),
            title=conversation.subject or conversation.last_message_preview or "No text",
            icon=CHANNELS[conversation.channel_kind].icon,
            at=page_request.clock.moment(conversation.last_activity_at),
            status_label=STATUS_LABELS[conversation.status],
        )
        for conversation in found
    ]


def _addresses(known: Sequence[ContactAddress]) -> list[AddressView]:
    return [
        replace(
            _view(address.kind, address.value),
            is_suppressed=address.suppression_id is not None,
            has_opted_out=address.suppression_reason == "opt_out",
        )
        for address in known
    ]


def _with_links(views: list[AddressView], *, can_reply: bool) -> list[AddressView]:
    """Let a message be written to every address that takes one."""
    if not can_reply:
        return views
    return [
        replace(view, write_href=f"/inbox/new?{urlencode({'to': view.address})}")
        if view.icon in _WRITABLE
        else view
        for view in views
    ]


def _address(participant: ListedParticipant) -> AddressView:
    return _view(
        participant.kind, participant.address, participant.contact_name or participant.address
    )


def _view(kind: str, address: str, name: str = "") -> AddressView:
    icon, label = _KINDS[kind]
    return AddressView(icon=icon, label=label, address=address, name=name)


def _facts(row: ListedConversation, clock: Clock) -> list[Fact]:
    facts = [
        Fact(label="Channel", text=row.channel_name),
        Fact(label="Our address", text=row.own_address),
        Fact(label="Started", at=clock.moment(row.created_at)),
        Fact(label="Messages", text=str(row.message_count)),
    ]
    if row.closed_at:
        facts.append(Fact(label="Closed", at=clock.moment(row.closed_at)))
    return facts

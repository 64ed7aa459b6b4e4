"""Gathers one conversation for the page: its messages, notes, history, and who it is with.

Reads the store through the functions that the API has; shapes nothing but what templates show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import TypeVar

from domain.address import Address
from domain.errors import NotFound
from domain.long_texts import LongTexts
from domain.whatsapp import kind_to
from inbox.conversations.list_rows import STATUS_LABELS, ChannelView, Shown, href_of
from inbox.conversations.suppression_view import SuppressionView, show_suppressions
from inbox.conversations.text_html import show_texts
from inbox.conversations.timeline import Item, Story, tell, texts_of
from inbox.conversations.windows import WindowView, read_windows, window_view
from inbox.http.paging import MOST_ROWS, ROWS_PER_PAGE
from inbox.page.display_format import Clock, Face, Moment, face
from inbox.page.page_request import PageRequest
from inbox.settings.sending_channel import file_limits, longest_text
from store.agents import StoredAgent, list_agents
from store.audit import StoredEntry, list_history
from store.channels import find_channel
from store.clean_bodies import list_with_images
from store.conversation_rows import find_conversation, read_participants
from store.database import Connection
from store.message_listing import (
    ListedAttachment,
    ListedMessage,
    ListedRecipient,
    list_attachments,
    list_quoted,
    list_recipients,
    page_after_seq,
    page_before_seq,
    read_messages,
)
from store.notes import StoredNote, list_notes
from store.read_marks import LastRead, find_last_read

R = TypeVar("R", ListedRecipient, ListedAttachment)

_MISSING = "there is no such conversation"
_BEYOND_ANY_SEQ = 1 << 31


@dataclass(frozen=True, slots=True, kw_only=True)
class SnoozeChoice:
    label: str
    at: Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadView:
    id: str
    name: str
    subject: str | None
    address: str
    own_address: str
    channel: ChannelView
    status: str
    status_label: str
    version: int
    last_seq: int
    last_inbound_seq: int
    back_href: str
    send_key: str
    most_characters: int
    most_file_bytes: int
    can_write: bool
    can_reply: bool
    is_texting_one: bool
    me: Face | None = None
    assignee: Face | None = None
    agents: Sequence[Face] = ()
    tags: Sequence[str] = ()
    snoozed_until: Moment | None = None
    snoozes: Sequence[SnoozeChoice] = ()
    earlier_href: str = ""
    suppressed: Sequence[SuppressionView] = ()
    window: WindowView | None = None
    items: Sequence[Item] = ()

    @property
    def can_opt_out(self) -> bool:
        """Whether somebody may record here that the other one wants no more texts."""
        has_opted_out = any(each.has_opted_out for each in self.suppressed)
        return self.can_write and self.is_texting_one and not has_opted_out


@dataclass(frozen=True, slots=True, kw_only=True)
class GatheredThread:
    """What was read of a conversation; `show` needs no connection any more."""

    view: ThreadView
    story: Story
    clock: Clock

    async def show(self, long_texts: LongTexts) -> ThreadView:
        """Put what happened in order."""
        texts = texts_of(self.story)
        length = sum(len(text) for text, _ in texts)
        shown = await long_texts.work_on(length, show_texts, texts)
        return replace(self.view, items=tell(self.story, shown, self.clock))


async def find_shown(conn: Connection, page_request: PageRequest) -> Shown:
    """Find the conversation that the path names, and its people.

    Raises: NotFound.
    """
    customer_id, named = page_request.key.customer_id, page_request.path_id(_MISSING)
    row = await find_conversation(conn, customer_id, named, page_request.key.agent_id)
    if not row:
        raise NotFound(_MISSING)
    [shown], people = await read_participants(conn, customer_id, [row])
    return Shown(row=shown, people=people)


async def gather_thread(
    conn: Connection,
    page_request: PageRequest,
    shown: Shown,
    agents: Sequence[StoredAgent],
    *,
    link: str,
    before_seq: int | None = None,
    after_seq: int | None = None,
) -> GatheredThread:
    """Read a conversation: its latest messages, those before a seq, or those after one.

    `link` is the query that its links carry on, never empty.
    """
    row, clock = shown.row, page_request.clock
    customer_id = page_request.key.customer_id
    messages, has_earlier = await _messages(conn, customer_id, row.id, before_seq, after_seq)
    stored = await find_channel(conn, customer_id, row.channel_id)
    read = await find_last_read(conn, customer_id, row.id, page_request.key.agent_id)
    is_first_look = before_seq is None and after_seq is None
    names = {agent.id: agent.name for agent in agents}
    since = messages[0].sent_at if messages and (has_earlier or after_seq) else None
    until = messages[-1].sent_at if messages and before_seq is not None else None
    line_at = _line_at(read, row.last_seq) if is_first_look else None
    story = await _story(conn, page_request, shown, messages, names, link, (since, until), line_at)
    first_seq = messages[0].seq if messages else 0
    met = [Address(other.kind, other.address) for other in shown.others]
    kind = kind_to([address.value for address in met], row.channel_kind)
    view = ThreadView(
        id=row.id,
        name=shown.name,
        subject=row.subject if row.channel_kind == "email" else None,
        address=", ".join(other.address for other in shown.others) or row.own_address,
        own_address=row.own_address,
        channel=shown.channel,
        status=row.status,
        status_label=STATUS_LABELS[row.status],
        version=row.version,
        last_seq=row.last_seq,
        last_inbound_seq=read.last_inbound_seq,
        back_href=f"/inbox?{link}" if link else "/inbox",
        send_key=page_request.shared.new_id(),
        most_characters=longest_text(stored) if stored else 0,
        most_file_bytes=file_limits(stored, kind).most_bytes if stored else 0,
        can_write=page_request.key.allows("conversations:write"),
        can_reply=page_request.key.allows("messages:write"),
        is_texting_one=row.channel_kind == "sms" and len(shown.others) == 1,
        me=_me(page_request, names),
        assignee=face(row.assignee_name, row.assignee_id) if row.assignee_name else None,
        agents=[face(agent.name, agent.id) for agent in agents if agent.is_working],
        tags=row.tags,
        snoozed_until=clock.moment(row.snoozed_until) if row.snoozed_until else None,
        snoozes=snooze_choices(clock),
        earlier_href=f"{href_of(row.id, link)}&before_seq={first_seq}" if has_earlier else "",
        suppressed=await show_suppressions(conn, page_request, row.channel_id, met),
        window=await _window(conn, page_request, shown),
    )
    return GatheredThread(view=view, story=story, clock=clock)


async def _window(conn: Connection, page_request: PageRequest, shown: Shown) -> WindowView | None:
    """Say until when WhatsApp takes an answer; None where the answer goes by another way."""
    if shown.channel.kind != "whatsapp":
        return None
    found = await read_windows(conn, page_request.key.customer_id, [shown.row], shown.others)
    return window_view(found.get(shown.row.id), page_request.clock)


async def _story(
    conn: Connection,
    page_request: PageRequest,
    shown: Shown,
    messages: Sequence[ListedMessage],
    names: Mapping[str, str],
    link: str,
    between: tuple[datetime | None, datetime | None],
    line_at: int | None,
) -> Story:
    """Gather what stands among these messages, which are a page of the conversation."""
    row, customer_id = shown.row, page_request.key.customer_id
    ids = [message.id for message in messages]
    notes = await _notes(conn, customer_id, row.id)
    history = await _history(conn, customer_id, row.id)
    return Story(
        messages=messages,
        recipients=_by_message(await list_recipients(conn, customer_id, ids)),
        attachments=_by_message(await list_attachments(conn, customer_id, ids)),
        quoted=await list_quoted(conn, customer_id, messages),
        with_images=await list_with_images(conn, customer_id, ids),
        notes=[note for note in notes if _is_within(note.created_at, *between)],
        history=[event for event in history if _is_within(event.at, *between)],
        people={
            person.address: person.contact_name for person in shown.people if person.contact_name
        },
        agents=names,
        own_name=row.channel_name,
        subject=row.subject,
        last_read_seq=line_at,
        link=link,
        can_write=page_request.key.allows("messages:write"),
    )


def seq_of(page_request: PageRequest, name: str) -> int | None:
    """Read a seq from the query; what cannot be read is none."""
    text = page_request.request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


async def read_agents(conn: Connection, page_request: PageRequest) -> list[StoredAgent]:
    """List the agents of the visitor's customer by name."""
    return await list_agents(conn, page_request.key.customer_id, after=None, row_count=MOST_ROWS)


def snooze_choices(clock: Clock) -> list[SnoozeChoice]:
    """Offer times to come back at, none of them past."""
    today = clock.today()
    morning = today.replace(hour=9, minute=0, second=0, microsecond=0)
    evening = morning.replace(hour=17)
    days_to_monday = 7 - today.weekday()
    choices = [("In 3 hours", today + timedelta(hours=3))]
    if today + timedelta(hours=1) < evening:
        choices.append(("This evening", evening))
    choices.append(("Tomorrow morning", morning + timedelta(days=1)))
    choices.append(("Next Monday", morning + timedelta(days=days_to_monday)))
    choices.append(("In a week", morning + timedelta(days=7)))
    return [SnoozeChoice(label=label, at=clock.moment(at)) for label, at in choices]


def _me(page_request: PageRequest, names: Mapping[str, str]) -> Face | None:
    agent_id = page_request.key.agent_id
    return face(names.get(agent_id, page_request.key.name), agent_id) if agent_id else None


def _line_at(read: LastRead, last_seq: int) -> int | None:
    """Say below which message the unread line lies; none where everything was read."""
    return read.seq if read.seq is not None and read.seq < last_seq else None


async def _messages(
    conn: Connection,
    customer_id: int,
    conversation_id: str,
    before_seq: int | None,
    after_seq: int | None,
) -> tuple[list[ListedMessage], bool]:
    """Read a page of messages in the order they were sent, and whether there are earlier ones."""
    if after_seq is not None:
        keys = await page_after_seq(conn, customer_id, conversation_id, after_seq, MOST_ROWS)
        has_earlier = False
    else:
        edge = before_seq or _BEYOND_ANY_SEQ
        keys = await page_before_seq(conn, customer_id, conversation_id, edge, ROWS_PER_PAGE)
        has_earlier = len(keys) > ROWS_PER_PAGE
        keys = keys[:ROWS_PER_PAGE]
    found = await read_messages(conn, customer_id, [key.id for key in keys], with_html=False)
    return sorted(found, key=lambda message: (message.sent_at, message.id)), has_earlier


async def _notes(conn: Connection, customer_id: int, conversation_id: str) -> list[StoredNote]:
    return await list_notes(
        conn,
        customer_id,
        conversation_id,
        order="newest",
        after_id=None,
        row_count=MOST_ROWS,
    )


async def _history(conn: Connection, customer_id: int, conversation_id: str) -> list[StoredEntry]:
    return await list_history(
        conn,
        customer_id,
        conversation_id,
        order="newest",
        after_id=None,
        row_count=MOST_ROWS,
    )


def _is_within(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or at >= since) and (until is None or at < until)


def _by_message(rows: Sequence[R]) -> dict[str, list[R]]:
    return {key: list(group) for key, group in groupby(rows, key=lambda row: row.message_id)}

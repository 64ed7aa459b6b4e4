"""Any order, any repetition, any batches of the same events end in the same rows.

When each arrived is part of the event: a spool or a retry lets it be read long afterwards.

Event ids differ from run to run, so rows are compared by provider message id. Threads are as
mailers write them: References grow from the parent's (RFC 5322 section 3.6.4).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flows import (
    ANN,
    BEN,
    CAT,
    NOW,
    OWN_EMAIL,
    OWN_PHONE,
    Seen,
    a_mail,
    an_sms,
    conversations,
    count_of,
    empty,
    event_of,
    make_channel,
    values,
    work,
)
from hypothesis import given
from hypothesis import strategies as st

from domain.message import InboundMessage
from store.channels import find_channel
from store.database import Connection, connect
from store.events import NewEvent, record_events

_PEOPLE = ("ann@example.org", "ben@example.org", "cat@example.org")
_BODIES = ("Hello", "👋 <b>Hi</b>", "", "Please call\n\nback")
_Post = tuple[str, InboundMessage]


@dataclass(slots=True)
class _Thread:
    """A thread as it was written: who got each mail, and what its References would be."""

    people: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    references: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What was sent, and how it comes in: with repetitions, in portions, worked on in batches.

    `received` is the second at which each arrived, by provider message id.
    """

    posts: Sequence[_Post]
    received: Mapping[str, int]
    arrivals: Sequence[_Post]
    portion: int
    batch_size: int


@st.composite
def _texts(draw: st.DrawFn) -> list[_Post]:
    posts: list[_Post] = []
    minutes = draw(st.permutations(range(7)))
    for number in range(draw(st.integers(0, 7))):
        people = draw(st.lists(st.sampled_from((ANN, BEN, CAT)), min_size=1, unique=True))
        sender = draw(st.sampled_from(("{}", " {} "))).format(people[0])
        message = an_sms(
            f"sms-{number}",
            sender,
            OWN_PHONE,
            *people[1:],
            body=draw(st.sampled_from(_BODIES)),
            kind="mms" if len(people) > 1 else "sms",
            minute=minutes[number],
        )
        posts.append((draw(st.sampled_from(("sms", "sms", "sms-2"))), message))
    return posts


@st.composite
def _mails(draw: st.DrawFn) -> list[_Post]:
    """Write threads, mislay some mails, and let strangers refer to what they are not part of.

    Where mails are missing, everybody gets every mail of the thread.
    """
    posts: list[_Post] = []
    minute = iter(draw(st.permutations(range(40))))
    for number in range(draw(st.integers(0, 2))):
        thread = _Thread()
        is_complete = draw(st.booleans())
        for nth in range(draw(st.integers(1, 6))):
            name = f"mail-{number}-{nth}"
            written = _write(draw, thread, name, everybody=not is_complete, minute=next(minute))
            if is_complete or draw(st.integers(0, 3)) > 0:
                posts.append(("email", written))
        if draw(st.booleans()):
            referred = draw(st.sampled_from(list(thread.people)))
            posts.append(
                ("email", a_mail(f"stranger-{number}", "eve@example.net", answers=referred))
            )
    return posts


def _write(
    draw: st.DrawFn, thread: _Thread, name: str, *, everybody: bool, minute: int
) -> InboundMessage:
    parent = draw(st.sampled_from(list(thread.people))) if thread.people else None
    circle = thread.people[parent] if parent and not everybody else frozenset(_PEOPLE)
    sender = draw(st.sampled_from(sorted(circle)))
    others = set(_PEOPLE) - {sender}
    if not everybody:
        others = set(draw(st.lists(st.sampled_from(sorted(others)), unique=True)))
    references = (*thread.references[parent], parent) if parent else ()
    keeps_references = draw(st.integers(0, 3)) > 0
    thread.people[name] = frozenset({sender, *others})
    thread.references[name] = references if keeps_references else references[-1:]
    return a_mail(
        name,
        draw(st.sampled_from(("{}", "Somebody <{}>", "{}"))).format(sender),
        answers=parent,
        references=thread.references[name] if keeps_references else (),
        to=(OWN_EMAIL,),
        cc=sorted(others),
        body=draw(st.sampled_from(_BODIES)),
        minute=minute,
    )


@st.composite
def _plans(draw: st.DrawFn) -> _Plan:
    posts = draw(_texts()) + draw(_mails())
    names = [message.provider_message_id for _, message in posts]
    again = draw(st.lists(st.sampled_from(posts), max_size=5)) if posts else []
    return _Plan(
        posts=posts,
        received=dict(zip(names, draw(st.permutations(range(len(names)))), strict=True)),
        arrivals=draw(st.permutations(posts + again)),
        portion=draw(st.integers(1, 8)),
        batch_size=draw(st.sampled_from((1, 2, 3, 100))),
    )


@given(plan=_plans())
def test_order_repetition_and_batches_make_no_difference(
    database_url: str, run: Callable[..., Any], plan: _Plan
) -> None:
    expected = run(_rows_after, database_url, plan, plan.posts, len(plan.posts) + 1, 100)
    found = run(_rows_after, database_url, plan, plan.arrivals, plan.portion, plan.batch_size)
    assert found == expected


async def _rows_after(
    database_url: str, plan: _Plan, posts: Sequence[_Post], portion: int, batch_size: int
) -> tuple[list[Seen], dict[str, list[object]]]:
    async with await connect(database_url, "tests") as conn:
        await empty(conn)
        for start in range(0, len(posts), portion):
            await _arrive(conn, posts[start : start + portion], plan.received)
            await work(database_url, batch_size)
        assert await count_of(conn, "inbound_queue") == 0
        assert await count_of(conn, "inbound_failures") == 0
        names = {message.provider_message_id for _, message in posts}
        assert await count_of(conn, "messages") >= len(names)
        return await conversations(conn), {
            "addresses": await values(conn, _ADDRESSES),
            "bodies": await values(conn, b"SELECT (hash, text)::text FROM bodies ORDER BY 1"),
            # Not their names: whichever mail comes in first names the contact.
            "contacts": await values(conn, b"SELECT id FROM contacts ORDER BY 1"),
            "message ids": await values(conn, _MESSAGE_IDS),
            "messages": await values(conn, _MESSAGES),
        }


async def _arrive(conn: Connection, posts: Sequence[_Post], received: Mapping[str, int]) -> None:
    names = {"sms": OWN_PHONE, "sms-2": "+14155550198", "email": OWN_EMAIL}
    events: list[NewEvent] = []
    for name, message in posts:
        stored = await find_channel(conn, 1, name)
        kind = "email" if name == "email" else "sms"
        channel = (
            stored.channel
            if stored
            else await make_channel(conn, name, kind, own_address=names[name])
        )
        at = NOW + timedelta(seconds=received[message.provider_message_id])
        events.append(event_of(channel, message, received_at=at))
    await record_events(conn, events)


_ADDRESSES = b"""
    SELECT (hash, kind, value, is_validated, contact_id)::text FROM addresses ORDER BY 1
"""
_MESSAGE_IDS = b"""
    SELECT (i.value, m.provider_message_id)::text
    FROM email_message_ids AS i
    LEFT JOIN messages AS m ON m.customer_id = i.customer_id AND m.id = i.message_id
    ORDER BY 1
"""
_MESSAGES = b"""
    SELECT (
        m.provider_message_id, m.conversation_id, m.channel_id, m.kind, m.from_hash, m.from_name,
        m.body_hash, m.subject, m.sent_at,
        (
            SELECT array_agg((r.role, r.address_hash)::text ORDER BY r.role, r.address_hash)
            FROM message_recipients AS r
            WHERE r.customer_id = m.customer_id AND r.message_id = m.id
        )
    )::text
    FROM messages AS m
    ORDER BY 1
"""

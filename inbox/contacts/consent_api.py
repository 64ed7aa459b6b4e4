"""What people say of being texted, over HTTP: what holds now, all that was said, and an opt-out."""

from dataclasses import replace
from typing import cast

import msgspec
from starlette.routing import BaseRoute

from domain.address import AddressKind
from domain.consent import Consent, ConsentSource
from domain.errors import NotFound
from inbox.contacts.consent import opt_out
from inbox.contacts.opt_out_hints import dismiss
from inbox.conversations.present import Message
from inbox.conversations.reading import show_messages
from inbox.http.address_readings import address_readings
from inbox.http.call import Answer, BodyCall, Endpoint, PlainCall, QueryCall, resource
from inbox.http.cursor import TimePlace
from inbox.http.paging import Listing, ListQuery, Page, answer_rows, place_after
from inbox.http.shared import Shared
from inbox.http.times import present_optional_time, present_time
from inbox.http.values import Id
from store.consent_records import (
    ConsentState,
    ConsentStatus,
    StoredConsent,
    list_records,
    list_states,
)
from store.contacts import find_contact
from store.database import Connection
from store.position import Position

_MOST_STATES = 200


class ChannelConsent(msgspec.Struct, frozen=True):
    """Whether a channel may text an address; `suppression_id` is what can be lifted."""

    kind: AddressKind
    address: str
    channel_id: str
    channel_name: str
    state: ConsentStatus
    since: str | None
    source: ConsentSource | None
    word: str | None
    suppression_id: str | None


class ConsentRecord(msgspec.Struct, frozen=True):
    """What was said or found out at one time; `word` is the keyword or the provider's."""

    id: str
    kind: AddressKind
    address: str
    channel_id: str
    consent: Consent
    source: ConsentSource
    word: str | None
    at: str
    event_id: str | None
    agent_id: str | None


class ContactConsent(msgspec.Struct, frozen=True):
    """What holds now, and a page of what was said."""

    contact_id: str
    states: list[ChannelConsent]
    items: list[ConsentRecord]
    page: Page


class OptOutBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    address: str
    channel_id: Id


class RecordedOptOut(msgspec.Struct, frozen=True):
    """What holds of the contact's addresses once an opt-out was recorded."""

    contact_id: str
    states: list[ChannelConsent]


def consent_routes(shared: Shared) -> list[BaseRoute]:
    """Make the routes of consent."""
    get = Endpoint(
        "get_contact_consent",
        "conversations:read",
        _get,
        noun="contact",
        query=ListQuery,
        response=ContactConsent,
    )
    record = Endpoint(
        "record_opt_out",
        "conversations:write",
        _record,
        noun="contact",
        body=OptOutBody,
        response=RecordedOptOut,
        takes_idempotency_key=True,
    )
    dismissing = Endpoint(
        "dismiss_opt_out",
        "conversations:write",
        _dismiss,
        noun="message",
        response=Message,
        takes_idempotency_key=True,
    )
    return [
        resource(shared, "/messages/{id}/dismiss-opt-out", {"POST": dismissing}),
        resource(shared, "/contacts/{id}/consent", {"GET": get}),
        resource(shared, "/contacts/{id}/opt-out", {"POST": record}),
    ]


async def _get(conn: Connection, call: QueryCall[ListQuery]) -> Answer:
    customer_id = call.key.customer_id
    contact = await find_contact(conn, customer_id, call.id)
    if contact is None:
        raise NotFound("there is no such contact")
    place = place_after(call, TimePlace)
    rows = await list_records(
        conn,
        customer_id,
        contact.id,
        after=Position(place.at, place.id) if place else None,
        limit=call.query.limit + 1,
    )
    answer = answer_rows(call, rows, _record_of, lambda row: TimePlace(row.at, row.id))
    listing = cast("Listing[ConsentRecord]", answer.value)
    value = ContactConsent(
        contact_id=contact.id,
        states=await _states(conn, customer_id, contact.id),
        items=listing.items,
        page=listing.page,
    )
    return replace(answer, value=value)


async def _record(conn: Connection, call: BodyCall[OptOutBody]) -> Answer:
    contact_id = await opt_out(
        conn,
        call.actor,
        new_ids=(call.shared.new_id(), call.shared.new_id()),
        now=call.shared.clock(),
        contact_id=call.id,
        readings=address_readings(call.body.address),
        channel_id=call.body.channel_id,
    )
    states = await _states(conn, call.key.customer_id, contact_id)
    return Answer(value=RecordedOptOut(contact_id=contact_id, states=states))


async def _dismiss(conn: Connection, call: PlainCall) -> Answer:
    await dismiss(conn, call.actor, entry_id=call.shared.new_id(), message_id=call.id)
    [message] = await show_messages(conn, call.key.customer_id, [call.id])
    return Answer(value=message)


async def _states(conn: Connection, customer_id: int, contact_id: str) -> list[ChannelConsent]:
    found = await list_states(conn, customer_id, contact_id, _MOST_STATES)
    return [_state(row) for row in found]


def _state(row: ConsentState) -> ChannelConsent:
    return ChannelConsent(
        kind=row.kind,
        address=row.address,
        channel_id=row.channel_id,
        channel_name=row.channel_name,
        state=row.state,
        since=present_optional_time(row.since),
        source=row.source,
        word=row.word,
        suppression_id=row.suppression_id,
    )


def _record_of(row: StoredConsent) -> ConsentRecord:
    return ConsentRecord(
        id=row.id,
        kind=row.kind,
        address=row.address,
        channel_id=row.channel_id,
        consent=row.consent,
        source=row.source,
        word=row.word,
        at=present_time(row.at),
        event_id=row.event_id,
        agent_id=row.agent_id,
    )

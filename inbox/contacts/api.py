"""The people behind the addresses, over HTTP: list, name, extend, merge, take a merge back."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec
from starlette.routing import BaseRoute

from domain.address import AddressKind, Canonical, canonicalise
from domain.errors import NotFound
from domain.text import clean_text
from inbox.contacts.actions import (
    ContactMerged,
    add_address,
    merge_contacts,
    name_contact,
    undo_merge,
)
from inbox.conversations.present import Listing, present_time
from inbox.http.address_readings import LONGEST_ADDRESS, NO_REGION
from inbox.http.call import Answer, Call, Endpoint, resource
from inbox.http.cursor import fingerprint
from inbox.http.id_page import id_after, page_by_id
from inbox.http.ids import id_in_body, id_in_path, invalid_field
from inbox.http.list_query import parse_contact_query
from inbox.http.next_page import next_link
from inbox.http.shared import Shared
from store.contacts import (
    BEFORE_ALL,
    StoredContact,
    find_contact,
    list_contact_addresses,
    list_contact_merges,
    list_contacts,
)
from store.database import Connection
from store.position import Position

_LONGEST_NAME = 200
_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


class ContactPoint(msgspec.Struct, frozen=True):
    kind: AddressKind
    address: str
    is_validated: bool


class TakenContact(msgspec.Struct, frozen=True):
    """A contact that was merged into this one; `merge_id` undoes it."""

    merge_id: str
    contact_id: str
    merged_at: str


class Contact(msgspec.Struct, frozen=True):
    id: str
    name: str | None
    addresses: list[ContactPoint]
    merged: list[TakenContact]
    version: int
    created_at: str


class ContactPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str | None


class NewAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: Literal["phone", "email", "handle"]
    address: str


class ContactMergeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    into_id: str


class ContactMerge(msgspec.Struct, frozen=True):
    """`moved` counts the addresses that changed hands."""

    merge_id: str
    from_id: str
    into_id: str
    moved: int


def contact_routes(shared: Shared) -> list[BaseRoute]:
    """Make the routes of contacts."""
    listing = Endpoint(
        name="list_contacts", scope="conversations:read", handler=_list, takes_query=True
    )
    one = Endpoint(name="get_contact", scope="conversations:read", handler=_get)
    change = Endpoint(name="change_contact", scope="conversations:write", handler=_change)
    extend = Endpoint(name="add_contact_address", scope="conversations:write", handler=_extend)
    merge = Endpoint(name="merge_contact", scope="conversations:write", handler=_merge)
    undo = Endpoint(name="undo_contact_merge", scope="conversations:write", handler=_undo)
    return [
        resource(shared, "/contacts", {"GET": listing}),
        resource(shared, "/contacts/{id}", {"GET": one, "PATCH": change}),
        resource(shared, "/contacts/{id}/addresses", {"POST": extend}),
        resource(shared, "/contacts/{id}/merge", {"POST": merge}),
        resource(shared, "/contact-merges/{id}/undo", {"POST": undo}),
    ]


async def _list(conn: Connection, call: Call) -> Answer:
    query = parse_contact_query(call.query_pairs())
    customer_id = call.key.customer_id
    belongs_to = fingerprint("contacts", customer_id, [str(one) for one in query.addresses])
    rows = await list_contacts(
        conn,
        customer_id,
        addresses=query.addresses,
        after_id=id_after(query.cursor, belongs_to) or BEFORE_ALL,
        limit=query.limit + 1,
    )
    items = await _present(conn, customer_id, rows[: query.limit])
    page = page_by_id(rows, query.limit, lambda row: Position(_NO_TIME, row.id), belongs_to)
    return Answer(value=Listing[Contact](items, page), headers=next_link(call, page.next_cursor))


async def _get(conn: Connection, call: Call) -> Answer:
    return await _answer(conn, call, id_in_path(call, "contact"))


async def _change(conn: Connection, call: Call) -> Answer:
    named = id_in_path(call, "contact")
    asked = call.body(ContactPatch)
    found = await name_contact(
        conn,
        call.actor,
        entry_id=call.shared.new_id(),
        named=named,
        name=_name(asked.name),
        version=call.if_match(),
    )
    return await _answer(conn, call, found)


async def _extend(conn: Connection, call: Call) -> Answer:
    named = id_in_path(call, "contact")
    canonical = _canonical(call.body(NewAddress))
    found = await add_address(
        conn,
        call.actor,
        entry_id=call.shared.new_id(),
        named=named,
        address=canonical.address,
        is_validated=canonical.is_validated,
    )
    return await _answer(conn, call, found)


async def _merge(conn: Connection, call: Call) -> Answer:
    named = id_in_path(call, "contact")
    asked = call.body(ContactMergeRequest)
    merged = await merge_contacts(
        conn,
        call.actor,
        new_ids=(call.shared.new_id(), call.shared.new_id()),
        from_id=named,
        into_id=id_in_body(asked.into_id, "into_id"),
    )
    return _present_merge(merged)


async def _undo(conn: Connection, call: Call) -> Answer:
    merge_id = id_in_path(call, "merge")
    return _present_merge(
        await undo_merge(conn, call.actor, entry_id=call.shared.new_id(), merge_id=merge_id)
    )


async def _answer(conn: Connection, call: Call, contact_id: str) -> Answer:
    row = await find_contact(conn, call.key.customer_id, contact_id)
    if row is None:
        raise NotFound("there is no such contact")
    [contact] = await _present(conn, call.key.customer_id, [row])
    return Answer(value=contact)


async def _present(
    conn: Connection, customer_id: int, rows: Sequence[StoredContact]
) -> list[Contact]:
    ids = [row.id for row in rows]
    points: dict[str, list[ContactPoint]] = {}
    for one in await list_contact_addresses(conn, customer_id, ids):
        point = ContactPoint(kind=one.kind, address=one.value, is_validated=one.is_validated)
        points.setdefault(one.contact_id, []).append(point)
    taken: dict[str, list[TakenContact]] = {}
    for merge in await list_contact_merges(conn, customer_id, ids):
        shown = TakenContact(
            merge_id=merge.id, contact_id=merge.from_id, merged_at=present_time(merge.merged_at)
        )
        taken.setdefault(merge.into_id, []).append(shown)
    return [
        Contact(
            id=row.id,
            name=row.name,
            addresses=points.get(row.id, []),
            merged=taken.get(row.id, []),
            version=row.version,
            created_at=present_time(row.created_at),
        )
        for row in rows
    ]


def _present_merge(merged: ContactMerged) -> Answer:
    value = ContactMerge(
        merge_id=merged.merge_id,
        from_id=merged.from_id,
        into_id=merged.into_id,
        moved=merged.moved,
    )
    return Answer(value=value)


def _name(text: str | None) -> str | None:
    if text is None:
        return None
    name = " ".join(clean_text(text).split())
    if not name or len(text) > _LONGEST_NAME:
        raise invalid_field("name", "out_of_range", f"null or 1 to {_LONGEST_NAME} characters")
    return name


def _canonical(asked: NewAddress) -> Canonical:
    """Find the one form of an address, which must be of the kind that was said."""
    text = asked.address
    if not clean_text(text).strip() or len(text) > LONGEST_ADDRESS:
        raise invalid_field("address", "out_of_range", f"1 to {LONGEST_ADDRESS} characters")
    canonical = canonicalise(text, "email" if asked.kind == "email" else "sms", NO_REGION)
    if canonical.address.kind != asked.kind:
        expected = {"phone": "a phone number with its country code", "email": "an email address"}
        detail = expected.get(asked.kind, "a handle, which no phone number is")
        raise invalid_field("address", "not_an_address", detail)
    return canonical

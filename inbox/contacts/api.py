"""The people behind the addresses, over HTTP: list, add, name, extend, merge, undo a merge."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import msgspec
from starlette.routing import BaseRoute

from domain.address import AddressKind, Canonical, canonicalise
from domain.api_key import ApiKey
from domain.errors import NotFound, invalid_field
from domain.suppression import SuppressionReason
from domain.text import clean_text
from inbox.contacts.actions import (
    LONGEST_NAME,
    ContactMerged,
    add_address,
    add_contact,
    merge_contacts,
    name_contact,
    undo_merge,
)
from inbox.http.address_readings import LONGEST_ADDRESS, NO_REGION, address_readings
from inbox.http.call import Answer, BodyCall, Endpoint, PlainCall, QueryCall, resource
from inbox.http.cursor import IdPlace
from inbox.http.paging import Listing, ListQuery, answer_items, cut, id_after
from inbox.http.shared import Shared
from inbox.http.times import present_time
from inbox.http.values import Id, SoughtAddress
from store.contacts import (
    BEFORE_ALL,
    ContactAddress,
    StoredContact,
    find_contact,
    list_contact_addresses,
    list_contact_merges,
    list_contacts,
)
from store.database import Connection


class Suppressed(msgspec.Struct, frozen=True):
    """Why nothing is sent to an address, and since when; `id` is what can be lifted."""

    id: str
    reason: SuppressionReason
    since: str
    channel_id: str | None


class ContactPoint(msgspec.Struct, frozen=True):
    kind: AddressKind
    address: str
    is_validated: bool
    suppressed: Suppressed | None


class TakenContact(msgspec.Struct, frozen=True):
    """A contact that was merged into this one; `merge_id` undoes it."""

    merge_id: str
    contact_id: str
    merged_at: str


class ListedContact(msgspec.Struct, frozen=True):
    id: str
    name: str | None
    addresses: list[ContactPoint]
    merged: list[TakenContact]
    version: int
    created_at: str


class ContactChangeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str | None


class AddressBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: Literal["phone", "email", "handle"]
    address: str


class ContactBody(AddressBody, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str | None = None


class ContactMergeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    into_id: Id


class ContactMerge(msgspec.Struct, frozen=True):
    """`moved` counts the addresses that changed hands."""

    merge_id: str
    from_id: str
    into_id: str
    moved: int


class ContactQuery(ListQuery, frozen=True, kw_only=True):
    """`address` is looked for in whatever it may mean; without it all are listed."""

    address: SoughtAddress | None = None


def contact_routes(shared: Shared) -> list[BaseRoute]:
    """Make the routes of contacts."""
    listing = Endpoint(
        "list_contacts",
        "conversations:read",
        _list,
        query=ContactQuery,
        response=Listing[ListedContact],
    )
    add = Endpoint(
        "add_contact", "conversations:write", _add, body=ContactBody, response=ListedContact,
        takes_idempotency_key=True,
    )  # fmt: skip
    get = Endpoint(
        "get_contact", "conversations:read", _get, noun="contact", response=ListedContact
    )
    change = Endpoint(
        "change_contact",
        "conversations:write",
        _change,
        noun="contact",
        body=ContactChangeBody,
        response=ListedContact,
    )
    extend = Endpoint(
        "add_contact_address",
        "conversations:write",
        _extend,
        noun="contact",
        body=AddressBody,
        response=ListedContact,
        takes_idempotency_key=True,
    )
    merge = Endpoint(
        "merge_contact",
        "conversations:write",
        _merge,
        noun="contact",
        body=ContactMergeBody,
        response=ContactMerge,
        takes_idempotency_key=True,
    )
    undo = Endpoint(
        "undo_contact_merge",
        "conversations:write",
        _undo,
        noun="merge",
        response=ContactMerge,
        takes_idempotency_key=True,
    )
    return [
        resource(shared, "/contacts", {"GET": listing, "POST": add}),
        resource(shared, "/contacts/{id}", {"GET": get, "PATCH": change}),
        resource(shared, "/contacts/{id}/addresses", {"POST": extend}),
        resource(shared, "/contacts/{id}/merge", {"POST": merge}),
        resource(shared, "/contact-merges/{id}/undo", {"POST": undo}),
    ]


async def _list(conn: Connection, call: QueryCall[ContactQuery]) -> Answer:
    customer_id, query = call.key.customer_id, call.query
    rows = await list_contacts(
        conn,
        customer_id,
        addresses=address_readings(query.address or ""),
        after_id=id_after(call) or BEFORE_ALL,
        limit=query.limit + 1,
    )
    kept, following = cut(rows, query.limit, lambda row: IdPlace(row.id))
    return answer_items(call, await _present(conn, customer_id, kept), following)


async def _add(conn: Connection, call: BodyCall[ContactBody]) -> Answer:
    canonical = _canonical(call.body)
    added = await add_contact(
        conn,
        call.actor,
        entry_id=call.shared.new_id(),
        name=_name(call.body.name),
        address=canonical.address,
        is_validated=canonical.is_validated,
    )
    return replace(await _answer(conn, call.key, added), status=201)


async def _get(conn: Connection, call: PlainCall) -> Answer:
    return await _answer(conn, call.key, call.id)


async def _change(conn: Connection, call: BodyCall[ContactChangeBody]) -> Answer:
    found = await name_contact(
        conn,
        call.actor,
        entry_id=call.shared.new_id(),
        named=call.id,
        name=_name(call.body.name),
        version=call.if_match(),
    )
    return await _answer(conn, call.key, found)


async def _extend(conn: Connection, call: BodyCall[AddressBody]) -> Answer:
    canonical = _canonical(call.body)
    found = await add_address(
        conn,
        call.actor,
        entry_id=call.shared.new_id(),
        named=call.id,
        address=canonical.address,
        is_validated=canonical.is_validated,
    )
    return await _answer(conn, call.key, found)


async def _merge(conn: Connection, call: BodyCall[ContactMergeBody]) -> Answer:
    merged = await merge_contacts(
        conn,
        call.actor,
        new_ids=(call.shared.new_id(), call.shared.new_id()),
        from_id=call.id,
        into_id=call.body.into_id,
    )
    return _present_merge(merged)


async def _undo(conn: Connection, call: PlainCall) -> Answer:
    entry_id = call.shared.new_id()
    return _present_merge(await undo_merge(conn, call.actor, entry_id=entry_id, merge_id=call.id))


async def show_contact(conn: Connection, customer_id: int, contact_id: str) -> ListedContact | None:
    """Show a contact, or the one that took it in; None where there is none."""
    row = await find_contact(conn, customer_id, contact_id)
    if row is None:
        return None
    [contact] = await _present(conn, customer_id, [row])
    return contact


async def _answer(conn: Connection, key: ApiKey, contact_id: str) -> Answer:
    contact = await show_contact(conn, key.customer_id, contact_id)
    if contact is None:
        raise NotFound("there is no such contact")
    return Answer(value=contact)


async def _present(
    conn: Connection, customer_id: int, rows: Sequence[StoredContact]
) -> list[ListedContact]:
    ids = [row.id for row in rows]
    points: dict[str, list[ContactPoint]] = {}
    for address in await list_contact_addresses(conn, customer_id, ids):
        point = ContactPoint(
            kind=address.kind,
            address=address.value,
            is_validated=address.is_validated,
            suppressed=_suppressed(address),
        )
        points.setdefault(address.contact_id, []).append(point)
    taken: dict[str, list[TakenContact]] = {}
    for merge in await list_contact_merges(conn, customer_id, ids):
        shown = TakenContact(
            merge_id=merge.id, contact_id=merge.from_id, merged_at=present_time(merge.merged_at)
        )
        taken.setdefault(merge.into_id, []).append(shown)
    return [
        ListedContact(
            id=row.id,
            name=row.name,
            addresses=points.get(row.id, []),
            merged=taken.get(row.id, []),
            version=row.version,
            created_at=present_time(row.created_at),
        )
        for row in rows
    ]


def _suppressed(address: ContactAddress) -> Suppressed | None:
    identity, reason = address.suppression_id, address.suppression_reason
    if identity is None or reason is None or address.suppressed_since is None:
        return None
    return Suppressed(
        id=identity,
        reason=reason,
        since=present_time(address.suppressed_since),
        channel_id=address.suppressed_channel_id,
    )


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
    if not name or len(text) > LONGEST_NAME:
        raise invalid_field("name", "out_of_range", f"null or 1 to {LONGEST_NAME} characters")
    return name


def _canonical(asked: AddressBody) -> Canonical:
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

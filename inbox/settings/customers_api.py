"""Customers over HTTP, for the admins of the first one, who run the installation.

A customer that is added comes with a key of its own, which does the rest of what it needs.
"""

from collections.abc import Callable
from functools import partial

import msgspec
from starlette.routing import BaseRoute

from domain.actor import Actor
from domain.api_key import ApiKey
from domain.errors import Conflict, MissingScope
from domain.retention import OwnRetention
from inbox.http.call import Answer, BodyCall, Endpoint, QueryCall, resource
from inbox.http.cursor import NamePlace
from inbox.http.paging import Listing, ListQuery, answer_rows, name_after
from inbox.http.shared import Shared
from inbox.http.times import present_time
from inbox.settings.agents import checked_name
from inbox.settings.keys import WantedKey, add_key
from store.audit import AuditEntry, record_audit
from store.customers import Customer, insert_customer, list_customers
from store.database import Connection

_FIRST_KEY = "first key"


class CustomerBody(msgspec.Struct, forbid_unknown_fields=True):
    name: str


class CustomerItem(msgspec.Struct, frozen=True):
    id: int
    name: str
    created_at: str
    channels: int


class NewCustomer(msgspec.Struct, frozen=True):
    """`key` is null where an answer is repeated for an Idempotency-Key: nobody keeps it."""

    id: int
    name: str
    key_id: str
    key: str | None


def customer_routes(shared: Shared, new_key: Callable[[], str]) -> list[BaseRoute]:
    """Make the routes of customers; `new_key` makes the text of a key."""
    listing = Endpoint(
        "list_customers", "admin", _list, query=ListQuery, response=Listing[CustomerItem]
    )
    adding = Endpoint(
        "add_customer",
        "admin",
        partial(_add, new_key),
        body=CustomerBody,
        response=NewCustomer,
        takes_idempotency_key=True,
    )
    return [resource(shared, "/customers", {"GET": listing, "POST": adding})]


async def _list(conn: Connection, call: QueryCall[ListQuery]) -> Answer:
    _check_runs_installation(call.key)
    after = name_after(call) or ""
    found = await list_customers(conn)
    rows = sorted((row for row in found if row.name > after), key=_name_of)
    return answer_rows(call, rows, _item, lambda row: NamePlace(row.name))


async def _add(
    new_key: Callable[[], str], conn: Connection, call: BodyCall[CustomerBody]
) -> Answer:
    _check_runs_installation(call.key)
    name, new_id = checked_name(call.body.name), call.shared.new_id
    customer_id = await insert_customer(conn, name, OwnRetention())
    if customer_id is None:
        raise Conflict("a customer has this name already")
    # The key that did it is another customer's, so the request is what names it here.
    actor = Actor(customer_id=customer_id, request_id=call.actor.request_id)
    entry = AuditEntry(id=new_id(), action="customer.added", detail={"name": name})
    await record_audit(conn, actor, [entry])
    text = new_key()
    wanted = WantedKey(name=_FIRST_KEY, scopes=["admin"])
    key = await add_key(conn, actor, text, wanted, now=call.shared.clock(), new_id=new_id)
    shown = NewCustomer(id=customer_id, name=name, key_id=key.id, key=text)
    return Answer(value=shown, kept=msgspec.structs.replace(shown, key=None), status=201)


def _check_runs_installation(key: ApiKey) -> None:
    """Refuse the admins of other customers: who else is here is not theirs to know.

    Raises: MissingScope.
    """
    if not key.allows("installation:read"):
        raise MissingScope(
            "customers are for the admins of the first one, who run the installation"
        )


def _name_of(customer: Customer) -> str:
    return customer.name


def _item(customer: Customer) -> CustomerItem:
    return CustomerItem(
        id=customer.id,
        name=customer.name,
        created_at=present_time(customer.created_at),
        channels=customer.channels,
    )

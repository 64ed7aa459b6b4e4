"""Addresses to which nothing is sent, over HTTP: why that is; whoever may lifts it."""

import msgspec
from starlette.routing import BaseRoute

from domain.address import AddressKind
from domain.suppression import SuppressionReason
from inbox.contacts.suppressions import lift_suppression
from inbox.http.address_readings import address_readings
from inbox.http.call import Answer, Endpoint, PlainCall, QueryCall, resource
from inbox.http.cursor import IdPlace
from inbox.http.paging import Listing, ListQuery, answer_rows, id_after
from inbox.http.shared import Shared
from inbox.http.times import present_time
from inbox.http.values import SoughtAddress
from store.contacts import BEFORE_ALL
from store.database import Connection
from store.suppressions import StandingSuppression, list_page


class ListedSuppression(msgspec.Struct, frozen=True):
    """Why nothing is sent to an address; without a `channel_id` no channel does."""

    id: str
    kind: AddressKind
    address: str
    contact_id: str | None
    channel_id: str | None
    reason: SuppressionReason
    since: str
    event_id: str | None
    agent_id: str | None


class SuppressionQuery(ListQuery, frozen=True, kw_only=True):
    """`address` is looked for in whatever it may mean; without it all are listed."""

    address: SoughtAddress | None = None


class LiftedSuppression(msgspec.Struct, frozen=True):
    """That an address is written to again; `reason` is why it was not."""

    id: str
    kind: AddressKind
    address: str
    reason: SuppressionReason
    lifted_at: str


def suppression_routes(shared: Shared) -> list[BaseRoute]:
    """Make the routes of suppressions."""
    listing = Endpoint(
        "list_suppressions",
        "conversations:read",
        _list,
        query=SuppressionQuery,
        response=Listing[ListedSuppression],
    )
    lifting = Endpoint(
        "lift_suppression",
        "inbox:manage",
        _lift,
        noun="suppression",
        response=LiftedSuppression,
        takes_idempotency_key=True,
    )
    return [
        resource(shared, "/suppressions", {"GET": listing}),
        resource(shared, "/suppressions/{id}/lift", {"POST": lifting}),
    ]


async def _list(conn: Connection, call: QueryCall[SuppressionQuery]) -> Answer:
    query = call.query
    rows = await list_page(
        conn,
        call.key.customer_id,
        addresses=address_readings(query.address or ""),
        after_id=id_after(call) or BEFORE_ALL,
        limit=query.limit + 1,
    )
    return answer_rows(call, rows, _present, lambda row: IdPlace(row.id))


async def _lift(conn: Connection, call: PlainCall) -> Answer:
    new_ids = (call.shared.new_id(), call.shared.new_id())
    lifted = await lift_suppression(conn, call.actor, new_ids=new_ids, suppression_id=call.id)
    value = LiftedSuppression(
        id=lifted.id,
        kind=lifted.address.kind,
        address=lifted.address.value,
        reason=lifted.reason,
        lifted_at=present_time(lifted.lifted_at),
    )
    return Answer(value=value)


def _present(row: StandingSuppression) -> ListedSuppression:
    return ListedSuppression(
        id=row.id,
        kind=row.kind,
        address=row.address,
        contact_id=row.contact_id,
        channel_id=row.channel_id,
        reason=row.reason,
        since=present_time(row.since),
        event_id=row.event_id,
        agent_id=row.agent_id,
    )

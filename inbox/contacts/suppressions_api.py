"""Addresses to which nothing is sent, over HTTP: whoever may lifts that."""

import msgspec
from starlette.routing import BaseRoute

from domain.address import AddressKind
from domain.suppression import SuppressionReason
from inbox.contacts.suppressions import lift_suppression
from inbox.http.call import Answer, Endpoint, PlainCall, resource
from inbox.http.shared import Shared
from inbox.http.times import present_time
from store.database import Connection


class LiftedSuppression(msgspec.Struct, frozen=True):
    """That an address is written to again; `reason` is why it was not."""

    id: str
    kind: AddressKind
    address: str
    reason: SuppressionReason
    lifted_at: str


def suppression_routes(shared: Shared) -> list[BaseRoute]:
    """Make the routes of suppressions."""
    lifting = Endpoint(
        "lift_suppression",
        "inbox:manage",
        _lift,
        noun="suppression",
        response=LiftedSuppression,
        takes_idempotency_key=True,
    )
    return [resource(shared, "/suppressions/{id}/lift", {"POST": lifting})]


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

"""What each channel takes and refuses, and whether it is too quiet, over HTTP."""

from datetime import datetime

import msgspec
from starlette.routing import BaseRoute

from inbox.http.call import Answer, Endpoint, QueryCall, resource
from inbox.http.cursor import NamePlace
from inbox.http.paging import Listing, ListQuery, answer_rows, name_after
from inbox.http.shared import Shared
from inbox.http.times import present_optional_time
from inbox.operations.durations import optional_seconds
from inbox.operations.status import silence_of
from store.database import Connection
from store.ops_channels import ChannelAtWork, list_channels_at_work


class LastRejected(msgspec.Struct, frozen=True):
    at: str
    reason: str | None


class DayCounts(msgspec.Struct, frozen=True):
    """Of the last 24 hours; `accepted` has repeated events in it."""

    accepted: int
    duplicates: int
    rejected: int
    unreadable: int


class SilenceItem(msgspec.Struct, frozen=True):
    silent_seconds: float | None
    usual_gap_seconds: float | None
    alarm_after_seconds: float | None
    silence_minutes: int | None
    alarm: bool


class ReconciliationItem(msgspec.Struct, frozen=True):
    """`new` and `failure` are of the last time."""

    every_minutes: int | None
    ended_at: str | None
    new: int
    failure: str | None


class OpsChannel(msgspec.Struct, frozen=True):
    id: str
    name: str
    kind: str
    provider: str
    own_address: str
    addresses: list[str]
    signature_mode: str
    disabled_at: str | None
    last_accepted_at: str | None
    last_rejected: LastRejected | None
    last_24_hours: DayCounts
    silence: SilenceItem
    reconciliation: ReconciliationItem | None


def channel_routes(shared: Shared) -> list[BaseRoute]:
    """Make the route of the channels at work."""
    listing = Endpoint(
        "list_ops_channels", "operator", _list, query=ListQuery, response=Listing[OpsChannel]
    )
    return [resource(shared, "/ops/channels", {"GET": listing})]


async def _list(conn: Connection, call: QueryCall[ListQuery]) -> Answer:
    rows = await list_channels_at_work(
        conn, call.key.customer_id, after_name=name_after(call), row_count=call.query.limit + 1
    )
    now = call.shared.clock()
    return answer_rows(call, rows, lambda row: _present(row, now), lambda row: NamePlace(row.name))


def _present(row: ChannelAtWork, now: datetime) -> OpsChannel:
    silence = silence_of(row, now)
    rejected_at = present_optional_time(row.last_rejected_at)
    return OpsChannel(
        id=row.id,
        name=row.name,
        kind=row.kind,
        provider=row.provider,
        own_address=row.own_address,
        addresses=[row.own_address, *row.further_addresses],
        signature_mode=row.signature_mode,
        disabled_at=present_optional_time(row.disabled_at),
        last_accepted_at=present_optional_time(row.last_accepted_at),
        last_rejected=LastRejected(at=rejected_at, reason=row.last_rejected_reason)
        if rejected_at
        else None,
        last_24_hours=DayCounts(
            accepted=row.accepted,
            duplicates=row.duplicates,
            rejected=row.rejected,
            unreadable=row.unreadable,
        ),
        silence=SilenceItem(
            silent_seconds=optional_seconds(silence.silent_for),
            usual_gap_seconds=optional_seconds(silence.usual_gap),
            alarm_after_seconds=optional_seconds(silence.alarm_after),
            silence_minutes=row.silence_minutes,
            alarm=silence.is_alarm,
        ),
        reconciliation=_reconciliation(row),
    )


def _reconciliation(row: ChannelAtWork) -> ReconciliationItem | None:
    if row.reconciled_new is None:
        return None
    return ReconciliationItem(
        every_minutes=row.reconcile_minutes,
        ended_at=present_optional_time(row.reconciled_at),
        new=row.reconciled_new,
        failure=row.reconcile_failure,
    )

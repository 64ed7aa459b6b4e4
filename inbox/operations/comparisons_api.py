"""What comparing derived rows with what they are derived from came to, over HTTP."""

import msgspec
from starlette.routing import BaseRoute

from inbox.http.call import Answer, Endpoint, QueryCall, resource
from inbox.http.query import Query
from inbox.http.shared import Shared
from inbox.http.times import present_time
from store.comparisons import ListedRun, list_runs
from store.database import Connection

_MOST = 100


class ComparisonSample(msgspec.Struct, frozen=True):
    customer_id: int
    id: str
    columns: list[str]


class ComparisonItem(msgspec.Struct, frozen=True):
    """One part of a run; `customer_id` is null where it is of all customers."""

    id: str
    part: str
    reason: str
    customer_id: int | None
    began_at: str
    ended_at: str
    seconds: float
    from_id: str | None
    to_id: str | None
    rows_seen: int
    rows_wrong: int
    rows_mended: int
    samples: list[ComparisonSample]


class OpsComparisons(msgspec.Struct, frozen=True):
    items: list[ComparisonItem]


class ComparisonQuery(Query, frozen=True, kw_only=True):
    wrong: bool = False


def comparison_routes(shared: Shared) -> list[BaseRoute]:
    """Make the route of the comparisons."""
    listing = Endpoint(
        "list_ops_comparisons",
        "installation:read",
        _list,
        query=ComparisonQuery,
        response=OpsComparisons,
    )
    return [resource(shared, "/ops/comparisons", {"GET": listing})]


async def _list(conn: Connection, call: QueryCall[ComparisonQuery]) -> Answer:
    runs = await list_runs(conn, only_wrong=call.query.wrong, limit=_MOST)
    return Answer(value=OpsComparisons(items=[_present(run) for run in runs]))


def _present(run: ListedRun) -> ComparisonItem:
    return ComparisonItem(
        id=run.id,
        part=run.part,
        reason=run.reason,
        customer_id=run.customer_id,
        began_at=present_time(run.began_at),
        ended_at=present_time(run.ended_at),
        seconds=round(run.seconds, 6),
        from_id=run.from_id,
        to_id=run.to_id,
        rows_seen=run.rows_seen,
        rows_wrong=run.rows_wrong,
        rows_mended=run.rows_mended,
        samples=[ComparisonSample(**sample) for sample in run.samples],
    )

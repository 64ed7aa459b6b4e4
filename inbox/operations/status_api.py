"""How the machinery is doing now, and whether that is well, over HTTP."""

import msgspec
from starlette.routing import BaseRoute

from inbox import rates
from inbox.http.call import Answer, Endpoint, PlainCall, resource
from inbox.http.shared import Shared
from inbox.http.times import present_optional_time, present_time
from inbox.operations.durations import seconds
from inbox.operations.health_checks import read_health
from inbox.operations.status import WEB_GONE_AFTER, WORKER_GONE_AFTER, Now, read_now
from store.database import Connection
from store.ops_now import MOST_COUNTED, Lane, SeenWebProcess, SeenWorker
from store.queue import LANE_NAMES


class OpsLane(msgspec.Struct, frozen=True):
    lane: str
    depth: int
    depth_capped: bool
    waiting_seconds: float


class OpsRates(msgspec.Struct, frozen=True):
    seconds: float
    in_per_second: float
    out_per_second: float
    failed_per_second: float


class OpsWorker(msgspec.Struct, frozen=True):
    id: str
    host: str
    pid: int
    version: str
    started_at: str
    seen_at: str
    at_work: bool
    claimed: int
    processed: int
    failed: int
    dead_letters: int


class OpsWebProcess(msgspec.Struct, frozen=True):
    id: str
    host: str
    pid: int
    version: str
    started_at: str
    seen_at: str
    at_work: bool
    accepted: int
    duplicates: int
    rejected: int
    unavailable: int
    spool_events: int
    spool_bytes: int
    spool_oldest_at: str | None
    waiting_events: int
    streams: int
    commit_ms: float


class OpsSpool(msgspec.Struct, frozen=True):
    events: int
    bytes: int
    oldest_at: str | None


class OpsDatabase(msgspec.Struct, frozen=True):
    latency_ms: float
    version: str
    oldest_transaction_seconds: float


class OpsNow(msgspec.Struct, frozen=True):
    """The whole installation, all customers together: for those who run it."""

    at: str
    oldest_unprocessed_seconds: float
    lanes: list[OpsLane]
    rates: OpsRates | None
    workers: list[OpsWorker]
    web_processes: list[OpsWebProcess]
    spool: OpsSpool
    database: OpsDatabase


class OpsCheck(msgspec.Struct, frozen=True):
    name: str
    state: str
    rule: str
    value: float
    found: str


class OpsDerived(msgspec.Struct, frozen=True):
    name: str
    stale_seconds: float
    off_since: str | None
    catching_up: bool


class OpsHealth(msgspec.Struct, frozen=True):
    state: str
    at: str
    checks: list[OpsCheck]
    derived: list[OpsDerived]


def now_routes(shared: Shared) -> list[BaseRoute]:
    """Make the routes of the standing and of health."""
    now = Endpoint("get_ops_now", "installation:read", _now, response=OpsNow)
    health = Endpoint("get_ops_health", "operator", _health, response=OpsHealth)
    return [
        resource(shared, "/ops/now", {"GET": now}),
        resource(shared, "/ops/health", {"GET": health}),
    ]


async def _now(conn: Connection, call: PlainCall) -> Answer:
    return Answer(value=_present(await read_now(conn, call.shared)))


async def _health(conn: Connection, call: PlainCall) -> Answer:
    health = await read_health(conn, call.key, call.shared)
    checks = [
        OpsCheck(
            name=check.name,
            state=check.state,
            rule=check.rule,
            value=check.value,
            found=check.found,
        )
        for check in health.checks
    ]
    derived = [
        OpsDerived(
            name=each.name,
            stale_seconds=seconds(health.now.waiting(each.stale_since)),
            off_since=present_optional_time(each.off_since),
            catching_up=each.is_catching_up,
        )
        for each in health.derived
    ]
    value = OpsHealth(
        state=health.state, at=present_time(health.now.at), checks=checks, derived=derived
    )
    return Answer(value=value, status=503 if health.state == "fail" else 200)


def _present(now: Now) -> OpsNow:
    return OpsNow(
        at=present_time(now.at),
        oldest_unprocessed_seconds=seconds(now.oldest_unprocessed),
        lanes=[_lane(lane, now) for lane in now.lanes],
        rates=_rates(now.rates) if now.rates else None,
        workers=[_worker(worker, now) for worker in now.workers],
        web_processes=[_process(process, now) for process in now.processes],
        spool=OpsSpool(
            events=now.spool_rows,
            bytes=now.spool_bytes,
            oldest_at=present_optional_time(now.spool_oldest_at),
        ),
        database=OpsDatabase(
            latency_ms=round(now.latency_ms, 3),
            version=now.database.version,
            oldest_transaction_seconds=round(now.database.oldest_transaction_seconds, 3),
        ),
    )


def _lane(row: Lane, now: Now) -> OpsLane:
    return OpsLane(
        lane=LANE_NAMES[row.lane],
        depth=row.depth,
        depth_capped=row.depth >= MOST_COUNTED,
        waiting_seconds=seconds(now.waiting(row.due_at)),
    )


def _rates(found: rates.Rates) -> OpsRates:
    return OpsRates(
        seconds=round(found.seconds, 3),
        in_per_second=round(found.in_per_second, 3),
        out_per_second=round(found.out_per_second, 3),
        failed_per_second=round(found.failed_per_second, 3),
    )


def _worker(row: SeenWorker, now: Now) -> OpsWorker:
    return OpsWorker(
        id=row.id,
        host=row.host,
        pid=row.pid,
        version=row.version,
        started_at=present_time(row.started_at),
        seen_at=present_time(row.seen_at),
        at_work=now.at - row.seen_at <= WORKER_GONE_AFTER,
        claimed=row.claimed,
        processed=row.processed,
        failed=row.failed,
        dead_letters=row.dead_letters,
    )


def _process(row: SeenWebProcess, now: Now) -> OpsWebProcess:
    return OpsWebProcess(
        id=row.id,
        host=row.host,
        pid=row.pid,
        version=row.version,
        started_at=present_time(row.started_at),
        seen_at=present_time(row.seen_at),
        at_work=now.at - row.seen_at <= WEB_GONE_AFTER,
        accepted=row.accepted,
        duplicates=row.duplicates,
        rejected=row.rejected,
        unavailable=row.unavailable,
        spool_events=row.spool_rows,
        spool_bytes=row.spool_bytes,
        spool_oldest_at=present_optional_time(row.spool_oldest_at),
        waiting_events=row.waiting_rows,
        streams=row.streams,
        commit_ms=round(row.commit_ms, 3),
    )

"""Looks for what is wrong with an installation, by its database. Nothing is changed."""

from collections.abc import AsyncGenerator, Callable, Sequence
from datetime import datetime, timedelta

from app.doctor_files import examine_files, examine_media, examine_quotas
from app.doctor_hooks import examine_hooks
from app.finding import Finding, ok, warn, wrong
from app.metrics import silent
from app.migrations import schema_is_current
from domain.errors import OperatorError
from domain.sealing import Sealer
from store.analyst_role import MAKE_ANALYSTS, NO_ANALYSTS, analysts_can_read, views_are_open
from store.app_role import APP, MAKE_APP, app_can_work, read_login
from store.blobs import BlobStore
from store.channels import StoredChannel, list_channels
from store.chores import list_chores
from store.comparisons import count_wrong
from store.customers import list_customers
from store.database import Connection, DatabaseError, connect, message_of
from store.derived_rows import count_differing
from store.installation_status import (
    InstallationStatus,
    list_quiet_channels,
    read_installation_status,
)
from store.ops_now import read_database, read_outbox_lags
from store.origin import REASON_WORDS, has_changes_ahead, read_origin
from store.reconciliations import list_failed
from store.schema import get_server_version, list_applied
from store.workers import worker_totals
from worker.background.chores import ASKING_SECONDS, CHORES, FILE_CHORES, LONG_CHORES

_OLDEST_MAJOR, _NEWEST_MAJOR = 15, 18
_WORKER_SEEN_WITHIN = timedelta(seconds=60)
_LONGEST_WAIT_SECONDS = 60
_LONGEST_TRANSACTION_SECONDS = 300
_MOST_DEAD_ROWS = 100_000
_CLOCK_WARN, _CLOCK_WRONG = timedelta(seconds=2), timedelta(seconds=60)
_CHORE_LATE = 3
_FOLLOWER_LATE = timedelta(seconds=60)
_NAMED = 3


async def examine(
    database_url: str,
    clock: Callable[[], datetime],
    sealer: Sealer,
    blobs: BlobStore | None = None,
) -> AsyncGenerator[Finding]:
    """Examine the database and what works on it."""
    try:
        conn = await connect(database_url, "inlet doctor", prepare=False)
    except DatabaseError as error:
        mend = "start it, or mend DATABASE_URL; webhooks go to the spool meanwhile"
        yield wrong("database", message_of(error), mend)
        return
    async with conn:
        yield await _database(conn)
        schema = await _schema(conn)
        yield schema
        if schema.state != "ok":
            return
        yield await _clock(conn, clock)
        yield await _workers(conn, clock())
        yield await _origin(conn, clock())
        status = await read_installation_status(conn)
        for finding in _of(status):
            yield finding
        yield await _chores(conn)
        yield await _followers(conn)
        yield await _derived(conn)
        yield await _reconciliations(conn)
        yield await examine_hooks(conn, clock(), sealer)
        yield await examine_files(conn, blobs)
        yield await examine_quotas(conn)
        yield await examine_media(conn)
        yield await _login(conn)
        yield await _analysts(conn)
        for finding in await _channels(conn, clock(), sealer):
            yield finding


async def _database(conn: Connection) -> Finding:
    version = await get_server_version(conn)
    major = version // 10_000
    detail = f"Postgres {major}.{version % 10_000}"
    if not _OLDEST_MAJOR <= major <= _NEWEST_MAJOR:
        return wrong("database", detail, f"use Postgres {_OLDEST_MAJOR} to {_NEWEST_MAJOR}")
    return ok("database", detail)


async def _schema(conn: Connection) -> Finding:
    if await schema_is_current(conn):
        return ok("schema", "current")
    detail = "behind" if await list_applied(conn) else "not migrated: no migration was applied yet"
    return wrong("schema", detail, "run `inlet migrate apply`")


async def _clock(conn: Connection, clock: Callable[[], datetime]) -> Finding:
    before = clock()
    at_database = (await read_database(conn)).now
    # Half of the round trip belongs to neither.
    apart = at_database - (before + (clock() - before) / 2)
    detail = f"{abs(apart.total_seconds()):.1f} s apart from the database's"
    mend = "let both machines keep time by NTP: signatures and retention go by the clock"
    if abs(apart) > _CLOCK_WRONG:
        return wrong("clock", detail, mend)
    if abs(apart) > _CLOCK_WARN:
        return warn("clock", detail, mend)
    return ok("clock", detail)


async def _login(conn: Connection) -> Finding:
    """Look at who web and workers log in as: as ourselves."""
    login = await read_login(conn)
    mend = (
        "run `inlet migrate apply`; with a Postgres of your own set OWNER_DATABASE_URL as well, "
        f"and let DATABASE_URL log in as {APP}"
        if await app_can_work(conn)
        else MAKE_APP
    )
    if login.is_superuser:
        return warn("login", "web and workers may do everything in Postgres: a superuser", mend)
    if login.is_owner:
        return warn("login", "web and workers may change and drop the tables: their owner", mend)
    return ok("login", f"web and workers use rows alone, as {login.role_name}")


async def _analysts(conn: Connection) -> Finding:
    is_owner = (await read_login(conn)).is_owner
    if await (analysts_can_read if is_owner else views_are_open)(conn):
        return ok("analysts", "the role inlet_analyst can read")
    return warn("analysts", NO_ANALYSTS, MAKE_ANALYSTS)


async def _workers(conn: Connection, now: datetime) -> Finding:
    seen_at = (await worker_totals(conn)).last_seen_at
    if seen_at is None:
        return wrong("workers", "none was ever seen", "run `inlet up` or `inlet work`")
    detail = f"last seen {max(0, int((now - seen_at).total_seconds()))} s ago"
    if now - seen_at > _WORKER_SEEN_WITHIN:
        return wrong("workers", detail, "run `inlet up` or `inlet work`")
    return ok("workers", detail)


async def _origin(conn: Connection, now: datetime) -> Finding:
    origin = await read_origin(conn)
    if origin.server is None:
        mend = "let DATABASE_URL name the primary as well: nothing can be written here"
        return warn("server", "a standby", mend)
    if origin.change or await has_changes_ahead(conn):
        detail = "not the one that the outbox was followed on"
        return wrong("server", detail, "run `inlet migrate apply`, or start web and workers")
    reason = origin.changed_lately(now)
    if reason:
        mend = "nothing to do: clients were told to begin anew; docs/operations says what to check"
        return warn("server", f"{REASON_WORDS[reason]} within the last day", mend)
    return ok("server", "the one that the outbox was followed on before")


def _of(status: InstallationStatus) -> list[Finding]:
    return [
        _queue(status),
        _transactions(status),
        _dead_letters(status),
        _spooled(status),
    ]


def _queue(status: InstallationStatus) -> Finding:
    queued = sum(lane.queued for lane in status.lanes)
    oldest = max((lane.oldest_seconds for lane in status.lanes if lane.lane != 1), default=0.0)
    detail = f"{queued} waiting, the oldest for {oldest:.0f} s"
    if oldest > _LONGEST_WAIT_SECONDS:
        mend = "see whether workers run and what they log; `inlet up --workers N` starts more"
        return wrong("queue", detail, mend)
    return ok("queue", detail)


def _transactions(status: InstallationStatus) -> Finding:
    dead = status.dead_rows.get("inbound_queue", 0)
    seconds = status.oldest_transaction_seconds
    detail = f"the longest is open for {seconds:.0f} s, {dead} dead rows in the queue"
    if seconds > _LONGEST_TRANSACTION_SECONDS:
        mend = "find it in pg_stat_activity by xact_start and end it: it holds all cleaning back"
        return wrong("transactions", detail, mend)
    if dead > _MOST_DEAD_ROWS:
        return warn("transactions", detail, "run VACUUM inbound_queue in `inlet psql --as-owner`")
    return ok("transactions", detail)


def _dead_letters(status: InstallationStatus) -> Finding:
    if not status.dead_letters:
        return ok("dead letters", "none")
    detail = f"{status.dead_letters} wait for somebody"
    return warn("dead letters", detail, "see `inlet dead list`, mend the cause, `inlet dead retry`")


def _spooled(status: InstallationStatus) -> Finding:
    if not status.spooled:
        return ok("spooled", "nothing waits on a web process's disk")
    detail = f"{status.spooled} events, the oldest for {status.spool_oldest_seconds:.0f} s"
    mend = "start a web process with that DATA_DIR: it drains what another one left"
    return warn("spooled", detail, mend)


async def _chores(conn: Connection) -> Finding:
    age_seconds = {run.name: run.age_seconds for run in await list_chores(conn)}
    chores = {**CHORES, **FILE_CHORES, **LONG_CHORES}
    every = {name: chore.every_seconds for name, chore in chores.items()}
    every |= ASKING_SECONDS
    late = [
        name
        for name, seconds in every.items()
        if age_seconds.get(name, 0.0) > _CHORE_LATE * max(60.0, seconds)
    ]
    if late:
        detail = f"late: {', '.join(late)}"
        return wrong("chores", detail, "run a worker, and look for chore_failed in its log")
    return ok("chores", "on time")


async def _followers(conn: Connection) -> Finding:
    now, lags = (await read_database(conn)).now, await read_outbox_lags(conn)
    behind = [
        lag.consumer
        for lag in lags
        if lag.off_since is None
        and lag.waiting_since is not None
        and now - lag.waiting_since > _FOLLOWER_LATE
    ]
    if behind:
        mend = "run a worker, and look for consumer_failed in its log"
        return wrong("followers", f"more than a minute behind: {', '.join(behind)}", mend)
    off = [lag.consumer for lag in lags if lag.off_since is not None]
    catching_up = [lag.consumer for lag in lags if lag.has_missed and lag.consumer not in off]
    if off:
        mend = "take it out of CONSUMERS_OFF and replace the workers: it catches up"
        return warn("followers", f"switched off: {', '.join(off)}", mend)
    return ok(
        "followers", f"catching up: {', '.join(catching_up)}" if catching_up else "up to date"
    )


async def _derived(conn: Connection) -> Finding:
    differing = sum(rows.rows for rows in await count_differing(conn))
    mended = sum(rows.mended for rows in await count_wrong(conn))
    if differing:
        mend = "see `inlet compare --runs`; `inlet compare --mend`, then `inlet rebuild --apply`"
        return warn("derived rows", f"{differing} disagree with their sources", mend)
    if mended:
        mend = "find out what wrote them: `inlet compare --runs` shows which rows"
        return warn("derived rows", f"{mended} were wrong within a day, and mended", mend)
    return ok("derived rows", "all that was looked at agrees")


async def _reconciliations(conn: Connection) -> Finding:
    failed = await list_failed(conn)
    if not failed:
        return ok("reconciliations", "no provider failed to say what came in")
    (name, why), more = failed[0], len(failed) - 1
    detail = f"{name}: {why}" + (f" (and {more} more)" if more else "")
    mend = "see `inlet channel show NAME`, and try `inlet reconcile --channel NAME`"
    return warn("reconciliations", detail, mend)


async def _channels(conn: Connection, now: datetime, sealer: Sealer) -> list[Finding]:
    stored = [
        channel
        for customer in await list_customers(conn)
        for channel in await list_channels(conn, customer.id)
    ]
    if not stored:
        return [warn("channels", "none", "add one with `inlet channel add`")]
    closed = [kept.channel.name for kept in stored if not _opens(kept, sealer)]
    unchecked = [
        kept.channel.name
        for kept in stored
        if kept.channel.signature_mode == "off" and not kept.channel.is_disabled
    ]
    quiet = [channel.name for channel in silent(await list_quiet_channels(conn), now)]
    found: list[Finding] = []
    if closed:
        mend = "restore the SECRET_KEY that sealed them, or give the channels their secrets again"
        found.append(wrong("channels", f"secrets do not open: {_some(closed)}", mend))
    if unchecked:
        mend = (
            "anybody who knows the URL can post there: `inlet channel secret NAME`, then `inlet "
            "channel watch NAME --mode enforce`; or `inlet channel disable NAME`"
        )
        found.append(warn("channels", f"signatures unchecked: {_some(unchecked)}", mend))
    if quiet:
        mend = "see at the provider whether the webhook is set and what it was answered"
        found.append(warn("channels", f"silent for longer than usual: {_some(quiet)}", mend))
    return found or [ok("channels", f"{len(stored)}, all checked and heard of as usual")]


def _opens(stored: StoredChannel, sealer: Sealer) -> bool:
    try:
        stored.open(sealer)
    except OperatorError:
        return False
    return True


def _some(names: Sequence[str]) -> str:
    """Name a few."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")

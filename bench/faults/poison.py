"""A long backlog with events that raise, that Postgres refuses, that kill and that hang.

Both runs work on copies of one database; in the clean one nobody minds the marked events.
"""

from collections.abc import Iterator
from random import Random

from app.clock import utc_now
from app.embedded_postgres import DATABASE, embedded_postgres
from app.ids import new_id
from bench.backlog import record
from bench.databases import add_channel, execute, fresh_database, read_one, run
from bench.faults import poisoned_worker
from bench.faults.plan import FaultPlan
from bench.faults.poisoned import KINDS
from bench.figures import Figure, Target, figure
from bench.messages import sms
from bench.processes import call
from domain.channel import Channel
from domain.event import message_event
from store.database import connect
from store.events import NewEvent

SECTION = "poison"

_ONE_IN = 100_000
_PEOPLE = 5_000
_LOAD_BATCH = 500
_REST_SECONDS = 1800.0
_COPY = "poisoned"
_REFUSE = b"ALTER TABLE messages ADD CHECK (provider_message_id NOT LIKE 'refused-%')"
_MESSAGES = b"SELECT count(*) FROM messages"
_CLASSES = b"SELECT error_class, count(*) FROM dead_letters GROUP BY 1 ORDER BY 1"
_ENOUGH = Target(least=0.95)


def break_it(plan: FaultPlan) -> list[Figure]:
    """Work the backlog off twice and compare."""
    events = plan.lengths.backlog_events
    with (
        embedded_postgres(plan.folder / "poison") as server_url,
        fresh_database(server_url) as clean_url,
    ):
        run(_fill(clean_url, events))
        plan.say(f"{events} events are queued")
        poisoned_url = _copy(server_url, clean_url)
        clean = _work_off(clean_url, is_poisoned=False)
        plan.say(f"clean: {events / clean.healthy:,.0f}/s")
        poisoned = _work_off(poisoned_url, is_poisoned=True)
        plan.say(f"poisoned: {events / poisoned.healthy:,.0f}/s")
        messages, classes = run(_outcome(poisoned_url))
    expected = len(KINDS) * (events // min(_ONE_IN, events))
    return [
        figure(SECTION, "clean backlog", events / clean.healthy, "/s"),
        figure(SECTION, "with poison", events / poisoned.healthy, "/s"),
        figure(SECTION, "ratio", clean.healthy / poisoned.healthy, "", _ENOUGH),
        figure(SECTION, "neighbours lost", events - expected - messages, "", Target(most=0)),
        figure(
            SECTION,
            "poison not in the dead letters",
            expected - sum(classes.values()),
            "",
            Target(most=0),
        ),
        *(figure(SECTION, f"dead letters {name}", many, "") for name, many in classes.items()),
        figure(SECTION, "last dead letter after", poisoned.all, " s"),
    ]


def _work_off(url: str, *, is_poisoned: bool) -> poisoned_worker.Result:
    # The dirty pages of the load are not the worker's to write.
    run(execute(url, b"CHECKPOINT"))
    job = poisoned_worker.Job(database_url=url, is_poisoned=is_poisoned, most_seconds=_REST_SECONDS)
    return call("bench.faults.poisoned_worker", job, poisoned_worker.Result)


def _copy(server_url: str, url: str) -> str:
    name = url.rsplit("/", 1)[1].split("?")[0]
    run(execute(server_url, f"CREATE DATABASE {_COPY} TEMPLATE {name}".encode()))
    copy = server_url.replace(f"/{DATABASE}?", f"/{_COPY}?")
    run(execute(copy, _REFUSE))
    return copy


async def _fill(url: str, events: int) -> None:
    async with await connect(url, "bench") as conn:
        channel = await add_channel(conn, "sms", "sms")
        await record(conn, _events(channel, events), _LOAD_BATCH)
        await conn.execute(b"VACUUM (ANALYZE)")


def _events(channel: Channel, many: int) -> Iterator[NewEvent]:
    """Make the backlog; of every hundred thousand events one is of each kind of poison."""
    one_in = min(_ONE_IN, many)
    end = many - many % one_in
    rng = Random(4)
    received_at = utc_now()
    sent_at = received_at.isoformat()
    places: dict[int, str] = {}
    for number in range(many):
        if number % one_in == 0 and number < end:
            drawn = rng.sample(range(number, number + one_in), len(KINDS))
            places = dict(zip(drawn, KINDS, strict=True))
        kind = places.get(number, "plain")
        message_id = f"{kind}-{number:024d}"
        event = message_event(message_id, sms(message_id, rng.randrange(_PEOPLE), number, sent_at))
        yield NewEvent(
            channel.customer_id,
            new_id(),
            channel.id,
            channel.provider,
            event.kind,
            event.provider_message_id,
            event.dedup_key,
            "unchecked",
            '{"user-agent":"bench"}',
            "application/json",
            event.body,
            received_at,
        )


async def _outcome(url: str) -> tuple[int, dict[str, int]]:
    async with await connect(url, "bench") as conn:
        classes = await (await conn.execute(_CLASSES)).fetchall()
        return await read_one(conn, _MESSAGES), dict(classes)

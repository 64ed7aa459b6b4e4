"""A long backlog with events that raise, that Postgres refuses, that kill and that hang.

Every run works on a copy of one database; in a clean one nobody minds the marked events. A machine
gets faster and slower, and what a run leaves behind is tidied up during the next: so each round
has both runs, and every other round has them in the opposite order.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from statistics import fmean

from app.clock import utc_now
from app.embedded_postgres import embedded_postgres
from app.ids import new_id
from bench.backlog import record
from bench.databases import (
    add_channel,
    copied_database,
    execute,
    fresh_database,
    read_one,
    run,
)
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
_REFUSE = b"ALTER TABLE messages ADD CHECK (provider_message_id NOT LIKE 'refused-%')"
_MESSAGES = b"SELECT count(*) FROM messages"
_CLASSES = b"SELECT error_class, count(*) FROM dead_letters GROUP BY 1 ORDER BY 1"
_ENOUGH = Target(least=0.95)


def break_it(plan: FaultPlan) -> list[Figure]:
    """Work the backlog off, clean and poisoned in turns, and compare."""
    events = plan.lengths.backlog_events
    runs: list[_Run] = []
    with (
        embedded_postgres(plan.folder / "poison") as server_url,
        fresh_database(server_url) as filled_url,
    ):
        run(_fill(filled_url, events))
        plan.say(f"{events} events are queued")
        for nth in range(plan.lengths.poison_rounds):
            for is_poisoned in (nth % 2 == 1, nth % 2 == 0):
                runs.append(_run(server_url, filled_url, is_poisoned=is_poisoned))
                plan.say(f"{_name(runs[-1])}: {events / runs[-1].result.healthy:,.0f}/s")
    clean = [ended for ended in runs if not ended.is_poisoned]
    poisoned = [ended for ended in runs if ended.is_poisoned]
    expected = len(KINDS) * (events // min(_ONE_IN, events))
    return [
        figure(SECTION, "clean backlog", events / _mean_seconds(clean), "/s"),
        figure(SECTION, "with poison", events / _mean_seconds(poisoned), "/s"),
        figure(SECTION, "ratio", _mean_seconds(clean) / _mean_seconds(poisoned), "", _ENOUGH),
        figure(
            SECTION,
            "neighbours lost",
            sum(events - expected - ended.messages for ended in poisoned),
            "",
            Target(most=0),
        ),
        figure(
            SECTION,
            "poison not in the dead letters",
            sum(expected - ended.dead_letters.total() for ended in poisoned),
            "",
            Target(most=0),
        ),
        *(
            figure(SECTION, f"dead letters {name}", many, "")
            for name, many in sorted(poisoned[-1].dead_letters.items())
        ),
        figure(SECTION, "last dead letter after", max(e.result.all for e in poisoned), " s"),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    is_poisoned: bool
    result: poisoned_worker.Result
    messages: int
    dead_letters: Counter[str]


def _name(ended: _Run) -> str:
    return "poisoned" if ended.is_poisoned else "clean"


def _mean_seconds(runs: Sequence[_Run]) -> float:
    return fmean(ended.result.healthy for ended in runs)


def _run(server_url: str, filled_url: str, *, is_poisoned: bool) -> _Run:
    with copied_database(server_url, filled_url) as url:
        if is_poisoned:
            run(execute(url, _REFUSE))
        # The dirty pages of the copy are not the worker's to write.
        run(execute(url, b"CHECKPOINT"))
        job = poisoned_worker.Job(
            database_url=url, is_poisoned=is_poisoned, most_seconds=_REST_SECONDS
        )
        result = call("bench.faults.poisoned_worker", job, poisoned_worker.Result)
        messages, dead_letters = run(_outcome(url))
    return _Run(
        is_poisoned=is_poisoned, result=result, messages=messages, dead_letters=dead_letters
    )


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


async def _outcome(url: str) -> tuple[int, Counter[str]]:
    async with await connect(url, "bench") as conn:
        classes = await (await conn.execute(_CLASSES)).fetchall()
        return await read_one(conn, _MESSAGES), Counter(dict(classes))

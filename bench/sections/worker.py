"""Events processed per second over a backlog, by one and by two workers, and where time goes."""

from dataclasses import dataclass
from statistics import median

from bench import queue_worker
from bench.backlog import Traffic, events_of, record
from bench.databases import add_channel, execute, fresh_database, read_one, run
from bench.figures import Figure, Target, figure
from bench.plan import Plan, Sizes
from bench.processes import call_together
from store.database import connect
from store.queue import queue_depth

SECTION = "worker"

_LOAD_BATCH = 500
_SHARE_OF_EMAILS = 0.3
_MAILS = "1 worker, mails of 20 KB with a file"
_ONE = Target(least=6_000)
_TWO = Target(least=9_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    name: str
    workers: int
    share_of_emails: float = 0.0
    email_provider: str = "generic"
    target: Target | None = None

    def events(self, sizes: Sizes) -> int:
        return sizes.worker_mails if self.email_provider != "generic" else sizes.worker_events


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """Units: events per second, microseconds per event."""

    rate: float
    claim_us: float
    read_us: float
    write_us: float
    cpu_us: float


_CASES = (
    _Case(name="1 worker, SMS", workers=1, target=_ONE),
    _Case(name="2 workers, SMS", workers=2, target=_TWO),
    _Case(name="1 worker, 30 % e-mail", workers=1, share_of_emails=_SHARE_OF_EMAILS),
    # In pieces with HTML and a small file, as Postmark posts it: the form that most mail has.
    _Case(name=_MAILS, workers=1, share_of_emails=1.0, email_provider="postmark"),
)


def measure(plan: Plan) -> list[Figure]:
    """Measure every case on fresh databases; the cases take turns."""
    rounds: dict[str, list[_Round]] = {case.name: [] for case in _CASES}
    for _ in range(plan.sizes.worker_rounds):
        for case in _CASES:
            round_ = _run_round(plan, case)
            rounds[case.name].append(round_)
            plan.say(f"{case.name}: {round_.rate:,.0f}/s")
    return [line for case in _CASES for line in _summary(case, rounds[case.name])]


def _run_round(plan: Plan, case: _Case) -> _Round:
    expected = case.events(plan.sizes)
    with fresh_database(plan.server_url) as url:
        run(_fill(url, plan, case))
        # The load's dirty pages are not the worker's to write.
        run(execute(url, b"CHECKPOINT"))
        jobs = [queue_worker.Job(database_url=url) for _ in range(case.workers)]
        results = call_together("bench.queue_worker", jobs, queue_worker.Result)
        run(_check(url, expected))
    events = sum(result.events for result in results)
    if events != expected or any(result.failures for result in results):
        raise RuntimeError(f"{case.name}: not every event was processed once")
    began, ended = min(result.began for result in results), max(result.ended for result in results)
    return _Round(
        rate=events / (ended - began),
        claim_us=1e6 * sum(result.claim_seconds for result in results) / events,
        read_us=1e6 * sum(result.read_seconds for result in results) / events,
        write_us=1e6 * sum(result.write_seconds for result in results) / events,
        cpu_us=1e6 * sum(result.cpu_seconds for result in results) / events,
    )


async def _fill(url: str, plan: Plan, case: _Case) -> None:
    async with await connect(url, "bench") as conn:
        traffic = Traffic(
            sms_channel=await add_channel(conn, "sms", "sms"),
            email_channel=await add_channel(conn, "email", "email", provider=case.email_provider),
            share_of_emails=case.share_of_emails,
            contacts=plan.sizes.worker_contacts,
        )
        await record(conn, events_of(traffic, case.events(plan.sizes)), _LOAD_BATCH)


async def _check(url: str, expected: int) -> None:
    """A rate is worth nothing if the rows are not there."""
    async with await connect(url, "bench") as conn:
        messages = await read_one(conn, b"SELECT count(*) FROM messages")
        depth = await queue_depth(conn)
    if messages != expected or depth.queued:
        raise RuntimeError(f"{messages} messages, {depth.queued} still queued of {expected}")


def _summary(case: _Case, rounds: list[_Round]) -> list[Figure]:
    rate = figure(SECTION, case.name, median(round_.rate for round_ in rounds), "/s", case.target)
    parts = {
        "claim": median(round_.claim_us for round_ in rounds),
        "read, normalise": median(round_.read_us for round_ in rounds),
        "SQL": median(round_.write_us for round_ in rounds),
        "its processor": median(round_.cpu_us for round_ in rounds),
    }
    lines = [
        figure(SECTION, f"{part} ({case.name})", value, " µs") for part, value in parts.items()
    ]
    return [rate, *lines]

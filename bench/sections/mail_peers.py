"""Mails accepted per second, by Inlet and by django-anymail, from the same client on both cores.

Each keeps what it was posted durably before it answers. Anymail has read the mail by then; Inlet's
worker does so afterwards, at the rate that the section `worker` says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from statistics import median
from typing import Final

from bench import load
from bench.databases import add_channel, empty_database, fresh_database, read_one, run
from bench.figures import Figure, Latency, Target, figure, median_latency, skipped
from bench.plan import Plan
from bench.posted_mails import SECRET, MailForm
from bench.processes import HOST, Server, call, web_server
from store.database import connect

SECTION = "peers"

_FORMS: Final[tuple[MailForm, ...]] = ("postmark", "mailgun")
_CONNECTIONS = 32
_WARM_UP_SECONDS = 0.5
_TIMES_ANYMAIL = Target(least=3.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Who takes mails: where, by form, and how many it kept."""

    name: str
    server: Server
    paths: Mapping[MailForm, str]
    database_url: str
    count: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """Units: mails per second."""

    rate: float
    latency: Latency


def measure(plan: Plan) -> list[Figure]:
    """Let both take mails of each form, in turns."""
    if any(find_spec(name) is None for name in ("anymail", "django", "gunicorn")):
        return [skipped(SECTION, "django-anymail", "skipped: pip install '.[peers]'")]
    with (
        fresh_database(plan.server_url) as our_url,
        empty_database(plan.server_url) as their_url,
        web_server(our_url, ("-m", "app.cli", "serve")) as our_server,
        web_server(their_url, ("-m", "bench.anymail_server")) as their_server,
    ):
        inlet = _Reader(
            name="Inlet",
            server=our_server,
            paths=run(_add_channels(our_url)),
            database_url=our_url,
            count=b"SELECT count(*) FROM inbound_events",
        )
        anymail = _Reader(
            name="django-anymail",
            server=their_server,
            paths={form: f"/anymail/{form}/inbound/" for form in _FORMS},
            database_url=their_url,
            count=b"SELECT count(*) FROM inbound_mails",
        )
        return [line for form in _FORMS for line in _compare(plan, form, inlet, anymail)]


async def _add_channels(url: str) -> Mapping[MailForm, str]:
    paths: dict[MailForm, str] = {}
    async with await connect(url, "bench") as conn:
        for form in _FORMS:
            channel = await add_channel(conn, "email", form, (SECRET,), provider=form)
            paths[form] = f"/webhooks/{form}/{channel.token}"
    return paths


def _compare(plan: Plan, form: MailForm, inlet: _Reader, anymail: _Reader) -> list[Figure]:
    rounds: dict[str, list[_Round]] = {inlet.name: [], anymail.name: []}
    for number in range(plan.sizes.ingest_rounds):
        readers = [inlet, anymail] if number % 2 == 0 else [anymail, inlet]
        for reader in readers:
            round_ = _run_round(plan, form, reader, number)
            rounds[reader.name].append(round_)
            plan.say(f"{reader.name}, mails of {form.capitalize()}: {round_.rate:,.0f}/s")
    pairs = zip(rounds[inlet.name], rounds[anymail.name], strict=True)
    times = median(ours.rate / theirs.rate for ours, theirs in pairs)
    name = f"mails of {form.capitalize()}, 20 KB"
    return [
        *(_summary(f"{name}: {reader}", rounds[reader]) for reader in rounds),
        figure(SECTION, f"{name}: Inlet / django-anymail", times, "x", _TIMES_ANYMAIL),
    ]


def _run_round(plan: Plan, form: MailForm, reader: _Reader, number: int) -> _Round:
    before = run(_count(reader))
    job = load.Job(
        host=HOST,
        port=reader.server.port,
        path=reader.paths[form],
        connections=_CONNECTIONS,
        seconds=plan.sizes.ingest_seconds,
        warm_up_seconds=_WARM_UP_SECONDS,
        # No two rounds may send the same message ids.
        seed=f"{reader.name}, {form}, round {number}",
        form=form,
    )
    result = call("bench.load", job, load.Result)
    if result.failed or run(_count(reader)) - before < result.answered:
        raise RuntimeError(f"{reader.name} did not keep every mail of {form}")
    return _Round(rate=result.answered / result.seconds, latency=result.latency)


async def _count(reader: _Reader) -> int:
    async with await connect(reader.database_url, "bench") as conn:
        return await read_one(conn, reader.count)


def _summary(name: str, rounds: Sequence[_Round]) -> Figure:
    return Figure(
        section=SECTION,
        name=name,
        value=median(round_.rate for round_ in rounds),
        unit="/s",
        latency=median_latency([round_.latency for round_ in rounds]),
    )

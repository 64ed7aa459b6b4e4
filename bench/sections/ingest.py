"""Webhooks accepted per second, beside no-op handlers and one INSERT per request.

They take turns in short rounds, so that whatever else the machine does hits all alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from bench import load
from bench.databases import add_channel, fresh_database, run
from bench.figures import Figure, Latency, Target, figure, median_latency
from bench.plan import Plan
from bench.processes import HOST, Server, call, web_server
from domain.channel import Channel
from providers.generic import new_secret
from store.database import connect

SECTION = "ingest"

_WARM_UP_SECONDS = 0.5
_JUDGED_AT = 32
_SHARE_OF_NOOP = Target(least=0.65)
_TIMES_INSERT = Target(least=2.3)
_TWILIO = "webhook, signed by Twilio"
_TWILIO_SHARE = Target(least=0.85)
_TWILIO_TOKEN = "an auth token of the benchmarks"  # noqa: S105


@dataclass(frozen=True, slots=True, kw_only=True)
class _Variant:
    name: str
    path: str
    secret: str = ""
    form: Literal["sms", "twilio"] = "sms"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Round:
    """Units: requests per second, microseconds of the server's processor per request."""

    rate: float
    latency: Latency
    server_us: float


def measure(plan: Plan) -> list[Figure]:
    """Measure every variant at every number of connections."""
    with fresh_database(plan.server_url) as url:
        secret = new_secret() or ""
        plain, signed, twilio = run(_channels(url, secret))
        webhook = _Variant(name="webhook", path=_path("", plain))
        variants = [
            webhook,
            _Variant(name="no-op", path=_path("/bench/noop", plain)),
            _Variant(name="bare no-op", path=_path("/bench/bare", plain)),
            _Variant(name="one INSERT", path=_path("/bench/insert", plain)),
        ]
        with_signature = [
            _Variant(name="webhook, signed", path=_path("", signed), secret=secret),
            _Variant(name=_TWILIO, path=_path("", twilio), secret=_TWILIO_TOKEN, form="twilio"),
        ]
        figures: list[Figure] = []
        with web_server(url, ("-m", "bench.server")) as server:
            for connections in plan.sizes.ingest_connections:
                is_judged = connections == _JUDGED_AT
                taking_part = [*variants, *with_signature] if is_judged else variants
                rounds = _take_turns(plan, server, taking_part, connections)
                figures += [
                    _summary(f"{variant.name}, {connections} conn.", rounds[variant.name])
                    for variant in taking_part
                ]
                figures += _ratios(rounds, connections, is_judged=is_judged)
                if is_judged:
                    figures.append(_twilio_share(rounds))
                    figures += [_processor(name, rounds[name]) for name in rounds]
    return figures


async def _channels(url: str, secret: str) -> tuple[Channel, Channel, Channel]:
    async with await connect(url, "bench") as conn:
        plain = await add_channel(conn, "sms", "plain")
        signed = await add_channel(conn, "sms", "signed", (secret,))
        twilio = await add_channel(conn, "sms", "twilio", (_TWILIO_TOKEN,), "twilio")
        return plain, signed, twilio


def _path(prefix: str, channel: Channel) -> str:
    root = prefix or "/webhooks"
    return f"{root}/{channel.provider}/{channel.token}"


def _take_turns(
    plan: Plan, server: Server, variants: Sequence[_Variant], connections: int
) -> dict[str, list[_Round]]:
    rounds: dict[str, list[_Round]] = {variant.name: [] for variant in variants}
    for number in range(plan.sizes.ingest_rounds):
        turn = number % len(variants)
        for variant in [*variants[turn:], *variants[:turn]]:
            round_ = _run_round(plan, server, variant, connections, number)
            rounds[variant.name].append(round_)
            plan.say(f"{variant.name}, {connections} connections: {round_.rate:,.0f}/s")
    return rounds


def _run_round(
    plan: Plan, server: Server, variant: _Variant, connections: int, number: int
) -> _Round:
    job = load.Job(
        host=HOST,
        port=server.port,
        path=variant.path,
        connections=connections,
        seconds=plan.sizes.ingest_seconds,
        warm_up_seconds=_WARM_UP_SECONDS,
        # No two rounds may send the same message ids.
        seed=f"{variant.name}, {connections} connections, round {number}",
        secret=variant.secret,
        form=variant.form,
    )
    before = server.cpu_seconds()
    result = call("bench.load", job, load.Result)
    if result.failed:
        raise RuntimeError(f"{variant.name}: {result.failed} requests were not answered with 200")
    return _Round(
        rate=result.answered / result.seconds,
        latency=result.latency,
        server_us=1e6 * (server.cpu_seconds() - before) / result.sent,
    )


def _summary(name: str, rounds: Sequence[_Round]) -> Figure:
    return Figure(
        section=SECTION,
        name=name,
        value=median(round_.rate for round_ in rounds),
        unit="/s",
        latency=median_latency([round_.latency for round_ in rounds]),
        details={"server_us_per_request": median(round_.server_us for round_ in rounds)},
    )


def _processor(name: str, rounds: Sequence[_Round]) -> Figure:
    """Say what a request costs the web process, whatever the client and Postgres cost."""
    value = median(round_.server_us for round_ in rounds)
    return figure(SECTION, f"web processor ({name})", value, " µs")


def _ratios(rounds: dict[str, list[_Round]], connections: int, *, is_judged: bool) -> list[Figure]:
    """Compare round by round, where the machine was in the same mood."""

    def ratio(other: str, target: Target | None) -> Figure:
        pairs = zip(rounds["webhook"], rounds[other], strict=True)
        value = median(ours.rate / theirs.rate for ours, theirs in pairs)
        name = f"webhook / {other}, {connections} conn."
        return figure(SECTION, name, value, "x", target if is_judged else None)

    return [
        ratio("no-op", _SHARE_OF_NOOP),
        ratio("bare no-op", None),
        ratio("one INSERT", _TIMES_INSERT),
    ]


def _twilio_share(rounds: dict[str, list[_Round]]) -> Figure:
    """Compare what is signed by Twilio with what nobody signs, round by round."""
    pairs = zip(rounds[_TWILIO], rounds["webhook"], strict=True)
    value = median(signed.rate / unsigned.rate for signed, unsigned in pairs)
    name = f"{_TWILIO} / webhook, {_JUDGED_AT} conn."
    return figure(SECTION, name, value, "x", _TWILIO_SHARE)

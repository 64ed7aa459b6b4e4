"""`inlet simulate`: realistic signed traffic to a running server, and what became of it."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated, NamedTuple

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.clock import monotonic, utc_now
from app.demo_channels import DEMOS
from app.operator_session import (
    DEFAULT_CUSTOMER,
    CustomerOption,
    JsonOption,
    OperatorSession,
    get_channel,
    operator_session,
    run,
)
from app.run_simulated_provider import run_simulated_provider
from app.simulated_channels import (
    arrivals_of,
    await_settled,
    compare,
    ensure_simulated_channels,
)
from app.terminal_output import show_facts, show_json, show_table
from domain.channel import Channel
from domain.delivery import Delivery
from domain.errors import OperatorError
from simulation import PLAYED, PLAYED_SENDERS, keeps_mails
from simulation.channel_counts import ChannelCounts
from simulation.counterpart import Manners
from simulation.delivering import compose_delivery, compose_receipt_delivery
from simulation.dividing import divided
from simulation.reporting import with_receipts
from simulation.schedule import Planned, schedule
from simulation.sender import Pace, SendCounts, send_all
from simulation.summary import Summary, summarise
from simulation.traffic import traffic
from store.arrivals import Arrivals
from store.channels import list_channels

_DEFAULT_SECONDS = 10.0
_FASTEST_STEP = timedelta(microseconds=100)
_HEAD_START = timedelta(seconds=1)
_EVERY_PROVIDER = "all"
_RECEIPT_SHARE = 0.2
_PATIENCE_SECONDS = 60.0

app = typer.Typer()


class Picked(NamedTuple):
    """The channels that are named, and the providers whose channels are meant."""

    channels: Sequence[str] | None
    providers: Sequence[str] | None


@app.command()
def simulate(
    *,
    rate: Annotated[
        float, typer.Option(min=0, help="Deliveries per second; 0: as fast as they are answered.")
    ] = 10.0,
    duration: Annotated[
        float | None, typer.Option(min=0.1, help="For how many seconds. [default: 10]")
    ] = None,
    count: Annotated[
        int | None, typer.Option(min=1, help="How many deliveries, instead of a duration.")
    ] = None,
    connections: Annotated[int, typer.Option(min=1, max=1024, help="Sent over how many.")] = 32,
    duplicates: Annotated[
        float, typer.Option(min=0, max=0.9, help="Share of deliveries that repeat another.")
    ] = 0.2,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Repeat the messages of the run with this seed.")
    ] = None,
    channel: Annotated[
        list[str] | None, typer.Option(help="Name or id; repeatable. [default: the demo channels]")
    ] = None,
    provider: Annotated[
        list[str] | None,
        typer.Option(help="All channels of one; repeatable. all: a new one of each."),
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="Where the server is, if not at PUBLIC_URL.")
    ] = None,
    serve_sends: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65_535,
            metavar="PORT",
            help="Post nothing: be the provider that the channels send to, at this port; 0: any.",
        ),
    ] = None,
    failing: Annotated[
        float, typer.Option(min=0, max=1, help="With --serve-sends: share that is not delivered.")
    ] = 0.1,
    answering: Annotated[
        float, typer.Option(min=0, max=1, help="With --serve-sends: share that is answered.")
    ] = 0.0,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Post realistic traffic: SMS and e-mail, threads, groups, duplicates, out of order."""
    picked = Picked(channel, provider)
    if serve_sends is not None:
        manners = Manners(failing=failing, answering=answering)
        _serve_sends(serve_sends, manners, picked, url, customer)
        return
    pace = _pace(rate, connections, count, duration)
    run(_simulate(pace, duplicates, seed, picked, url, customer, as_json))


def _pace(rate: float, connections: int, count: int | None, duration: float | None) -> Pace:
    if count is not None and duration is not None:
        raise OperatorError("say --count or --duration, not both")
    return Pace(
        rate=rate,
        connections=connections,
        count=count,
        duration_seconds=duration or _DEFAULT_SECONDS,
    )


def _serve_sends(
    port: int, manners: Manners, picked: Picked, url: str | None, customer: str
) -> None:
    async def look_up() -> tuple[list[Channel], str]:
        async with operator_session(customer) as session:
            return await _channels(session, picked), session.settings.web_url

    channels, public_url = asyncio.run(look_up())
    run_simulated_provider(channels, port, public_url, url or public_url, manners)


async def _simulate(
    pace: Pace,
    duplicates: float,
    seed: int | None,
    picked: Picked,
    url: str | None,
    customer: str,
    as_json: bool,
) -> None:
    used_seed = int(utc_now().timestamp() * 1_000_000) if seed is None else seed
    is_everywhere = _EVERY_PROVIDER in (picked.providers or ())
    if is_everywhere and (picked.channels or picked.providers != [_EVERY_PROVIDER]):
        raise OperatorError("--provider all has channels of its own: name no others beside it")
    places: Sequence[Mapping[str, object]] | None = None
    async with operator_session(customer) as session:
        if is_everywhere:
            channels = await ensure_simulated_channels(session)
        else:
            channels = _posting(await _channels(session, picked))
        by_channel = {each.id: ChannelCounts.of(each) for each in channels}
        before: Mapping[str, Arrivals] = {}
        if is_everywhere:
            before = await arrivals_of(session, channels)
        public_url = session.settings.web_url
        plan = _plan(channels, pace, duplicates, used_seed, with_reports=is_everywhere)
        counts, began = SendCounts(), monotonic()
        watching = asyncio.create_task(_show_progress(pace, counts))
        try:
            compose = _composer(public_url, url or public_url, utc_now)
            await send_all(
                plan, compose, pace, counts, lambda planned: by_channel[planned.what.channel.id]
            )
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
        summary = summarise(counts, monotonic() - began)
        if is_everywhere:
            await await_settled(
                session, channels, patience_seconds=_PATIENCE_SECONDS, clock=monotonic
            )
            after = await arrivals_of(session, channels)
            places = [
                counted.figures() | asdict(compare(counted, before[each], after[each]))
                for each, counted in by_channel.items()
            ]
    _report(summary, counts, used_seed, channels, places, as_json)


def _plan(
    channels: Sequence[Channel], pace: Pace, duplicates: float, seed: int, *, with_reports: bool
) -> Iterator[Planned]:
    written = traffic(
        channels,
        seed=seed,
        prefix=f"sim-{seed:x}",
        start=utc_now() - _HEAD_START,
        step=timedelta(seconds=1 / pace.rate) if pace.rate else _FASTEST_STEP,
    )
    messages = divided(written)
    if with_reports:
        messages = with_receipts(messages, share=_RECEIPT_SHARE, seed=seed)
    return schedule(messages, duplicates=duplicates, seed=seed)


def _composer(
    public_url: str, server_url: str, clock: Callable[[], datetime]
) -> Callable[[Planned], Delivery]:
    def compose(planned: Planned) -> Delivery:
        what = planned.what
        if what.receipt is not None:
            return compose_receipt_delivery(
                PLAYED_SENDERS[what.channel.provider],
                what.receipt,
                what.channel.own_address,
                what.channel,
                public_url=public_url,
                server_url=server_url,
                now=clock(),
            )
        return compose_delivery(
            PLAYED[what.channel.provider],
            what.message,
            what.channel,
            public_url=public_url,
            server_url=server_url,
            now=clock(),
            part=planned.what.part,
        )

    return compose


async def _channels(session: OperatorSession, picked: Picked) -> list[Channel]:
    """Choose the named channels, else the demo channels: real ones get no traffic by accident."""
    chosen = [await get_channel(session, name) for name in picked.channels or ()]
    everything = await list_channels(session.conn, session.customer_id)
    if picked.providers:
        chosen += [each for each in everything if each.channel.provider in picked.providers]
        if not chosen:
            raise OperatorError("no channel of this provider here: add one with `channel add`")
    elif not chosen:
        demos = {demo.name for demo in DEMOS}
        chosen = [stored for stored in everything if stored.channel.name in demos]
    if not chosen:
        raise OperatorError("no demo channels here: name channels with --channel")
    if not all(stored.channel.provider in PLAYED for stored in chosen):
        raise OperatorError("this version does not know the provider of a channel")
    return [stored.open(session.sealer) for stored in chosen]


def _posting(channels: Sequence[Channel]) -> Sequence[Channel]:
    """Return the channels, if all that is posted to them can be read."""
    for channel in channels:
        if keeps_mails(channel.provider):
            raise OperatorError(
                f"{channel.provider} keeps what a mail says until it is asked: nobody has what"
                " simulated ones say (`inlet channel test` tries the channel out)"
            )
    return channels


async def _show_progress(pace: Pace, counts: SendCounts) -> None:
    """Keep a bar on a terminal; elsewhere write nothing."""
    console = Console(stderr=True)
    expected = pace.count or (pace.rate * (pace.duration_seconds or 0)) or None
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("sending", total=expected)
        while True:
            description = f"sending, {counts.retried} retried" if counts.retried else "sending"
            done = counts.accepted + counts.refused + counts.failed
            progress.update(task, completed=done, description=description)
            await asyncio.sleep(0.1)


def _report(
    summary: Summary,
    counts: SendCounts,
    seed: int,
    channels: Sequence[Channel],
    places: Sequence[Mapping[str, object]] | None,
    as_json: bool,
) -> None:
    if as_json:
        show_json(
            {"seed": seed, "channels": [channel.name for channel in channels]}
            | asdict(summary)
            | {"refusals": {str(status): number for status, number in counts.refusals.items()}}
            | ({} if places is None else {"providers": list(places)})
        )
    else:
        show_facts(
            {
                "channels": ", ".join(channel.name for channel in channels),
                "seed": seed,
                "sent": summary.sent,
                "distinct messages": summary.distinct_messages,
                "duplicates": summary.duplicates,
                "accepted": summary.accepted,
                "refused": _counted(summary.refused, counts.refusals),
                "failed": summary.failed,
                "retried": summary.retried,
                "time": f"{summary.seconds:.1f} s, {summary.accepted_per_second:.0f} accepted/s",
                "latency": f"p50 {summary.p50_ms}  p90 {summary.p90_ms}  p99 {summary.p99_ms}"
                f"  max {summary.max_ms} ms",
            }
        )
        if places:
            columns = list(places[0])
            rows = [[place[column] for column in columns] for place in places]
            typer.echo()
            show_table([column.replace("_", " ") for column in columns], rows, empty="")
    if not summary.is_complete:
        raise OperatorError(f"{summary.sent - summary.accepted} deliveries were not accepted")
    if any(place[word] for place in places or () for word in ("lost", "doubled", "failed")):
        raise OperatorError("some of what was accepted was lost or doubled, or failed: see above")


def _counted(total: int, by_status: dict[int, int]) -> str:
    if not total:
        return "0"
    return f"{total} ({', '.join(f'{status}: {n}' for status, n in sorted(by_status.items()))})"

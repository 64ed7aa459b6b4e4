"""`inlet transport`: the queues into which the events of a customer go."""

import asyncio
from importlib.util import find_spec
from typing import Annotated
from uuid import UUID

import typer

from app.clock import monotonic, utc_now
from app.ids import new_hook_secret, new_id
from app.operator_session import (
    DEFAULT_CUSTOMER,
    CustomerOption,
    JsonOption,
    OperatorSession,
    get_channel,
    operator_session,
    run,
)
from app.terminal_output import show_facts, show_items, show_json, show_table
from domain.actor import Actor
from domain.errors import OperatorError
from domain.event_queue import NatsSubject, is_event_queue, read_event_queue
from domain.hook import EVENT_TYPES
from inbox.hooks.event_queues import add_event_queue, change_credential, remove_event_queue
from inbox.hooks.hooks import (
    HookChange,
    HookKit,
    WantedHook,
    change_hook,
    get_delivery,
    ping_hook,
)
from store.hook_deliveries import ListedDelivery
from store.hooks import StoredHook, list_hooks

app = typer.Typer(
    name="transport", no_args_is_help=True, help="The queues into which a customer's events go."
)

_TEST_SECONDS = 30.0
_LOOK_SECONDS = 0.2

_Id = Annotated[str, typer.Argument(metavar="ID", help="Its id: see `inlet transport list`.")]
_Credential = Annotated[
    str,
    typer.Option(
        help="ACCESS_KEY_ID:SECRET_ACCESS_KEY of SQS; for NATS USER:PASSWORD, a token, the seed of "
        "a key or the text of a credentials file."
    ),
]


@app.command()
def add(
    url: Annotated[
        str,
        typer.Argument(
            metavar="URL", help="sqs+ and the URL of the queue, or nats://HOST:PORT/SUBJECT."
        ),
    ],
    *,
    credential: _Credential = "",
    event: Annotated[
        list[str] | None,
        typer.Option(
            help="An event to tell, as message.received.v1; may be repeated. Default: all."
        ),
    ] = None,
    channel: Annotated[
        str | None, typer.Option(help="Only events of this channel's conversations: name or id.")
    ] = None,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Let the events of a customer go into a queue from now on."""
    run(_add(url, credential.strip(), event or list(EVENT_TYPES), channel, customer, as_json))


@app.command("list")
def list_(customer: CustomerOption = DEFAULT_CUSTOMER, as_json: JsonOption = False) -> None:
    """List the queues, and whether they take what they are given."""
    run(_list(customer, as_json))


@app.command("test")
def try_out(
    hook_id: _Id, customer: CustomerOption = DEFAULT_CUSTOMER, as_json: JsonOption = False
) -> None:
    """Have a worker put a `ping.v1` into a queue, and say what came of it."""
    run(_test(_read(hook_id), customer, as_json))


@app.command()
def credential(
    hook_id: _Id, *, credential: _Credential, customer: CustomerOption = DEFAULT_CUSTOMER
) -> None:
    """Show a queue another credential from now on."""
    run(_change_credential(_read(hook_id), credential.strip(), customer))


@app.command()
def enable(hook_id: _Id, customer: CustomerOption = DEFAULT_CUSTOMER) -> None:
    """Go on with what waits and what happens from now on."""
    run(_switch(_read(hook_id), customer, is_enabled=True))


@app.command()
def disable(hook_id: _Id, customer: CustomerOption = DEFAULT_CUSTOMER) -> None:
    """Put nothing into a queue any more."""
    run(_switch(_read(hook_id), customer, is_enabled=False))


@app.command()
def remove(hook_id: _Id, customer: CustomerOption = DEFAULT_CUSTOMER) -> None:
    """Forget a queue with everything that waits for it."""
    run(_remove(_read(hook_id), customer))


async def _add(
    url: str,
    credential: str,
    types: list[str],
    channel: str | None,
    customer: str,
    as_json: bool,
) -> None:
    if isinstance(read_event_queue(url), NatsSubject) and find_spec("nats") is None:
        raise OperatorError("NATS needs the extra nats: pip install 'inlet[nats]'")
    unknown = sorted(set(types) - set(EVENT_TYPES))
    if unknown:
        raise OperatorError(f"--event must be one of {', '.join(EVENT_TYPES)}")
    async with operator_session(customer) as session, session.conn.transaction():
        stored = await get_channel(session, channel) if channel else None
        wanted = WantedHook(
            url=url,
            types=list(dict.fromkeys(types)),
            channel_id=stored.channel.id if stored else None,
        )
        hook = await add_event_queue(
            session.conn, _actor(session), _kit(session), wanted, credential
        )
    if as_json:
        show_json(_facts(hook))
        return
    show_facts(_facts(hook))
    typer.echo(f"Try it with `inlet transport test {hook.id}`.")


async def _list(customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session:
        hooks = await list_hooks(session.conn, session.customer_id)
    shown = [_facts(hook) for hook in hooks if is_event_queue(hook.url)]
    if as_json:
        show_items(shown)
        return
    columns = ("id", "url", "state", "since", "channel_id")
    rows = [[facts[column] for column in columns] for facts in shown]
    show_table(columns, rows, empty="No event goes into a queue.")


async def _test(hook_id: str, customer: str, as_json: bool) -> None:
    async with operator_session(customer) as session:
        async with session.conn.transaction():
            queued = await ping_hook(
                session.conn, _actor(session), _kit(session), hook_id, utc_now()
            )
        tried = await _tried(session, queued.id)
    if as_json:
        show_json({"delivered": tried.status == "delivered", "error_class": tried.error_class})
    elif tried.status == "delivered":
        typer.echo("The queue took a ping.v1.")
    if tried.status != "delivered":
        why = tried.error_class or "no worker tried it: does `inlet work` run?"
        raise OperatorError(f"the queue did not take it: {why}")


async def _tried(session: OperatorSession, delivery_id: str) -> ListedDelivery:
    """Wait until a worker has tried something once."""
    until = monotonic() + _TEST_SECONDS
    while True:
        found = await get_delivery(session.conn, session.customer_id, delivery_id)
        if found.status != "pending" or found.error_class or monotonic() > until:
            return found
        await asyncio.sleep(_LOOK_SECONDS)


async def _change_credential(hook_id: str, credential: str, customer: str) -> None:
    async with operator_session(customer) as session, session.conn.transaction():
        await change_credential(session.conn, _actor(session), _kit(session), hook_id, credential)
    typer.echo("The queue is shown the new credential.")


async def _switch(hook_id: str, customer: str, *, is_enabled: bool) -> None:
    change = HookChange(wanted=_as_it_is, is_enabled=is_enabled, version=None)
    async with operator_session(customer) as session, session.conn.transaction():
        await change_hook(session.conn, _actor(session), _kit(session), hook_id, change, utc_now())
    typer.echo("Events go into the queue." if is_enabled else "No event goes into the queue.")


async def _remove(hook_id: str, customer: str) -> None:
    async with operator_session(customer) as session, session.conn.transaction():
        await remove_event_queue(session.conn, _actor(session), _kit(session), hook_id)
    typer.echo("The queue is forgotten.")


def _read(hook_id: str) -> str:
    try:
        return str(UUID(hook_id))
    except ValueError:
        raise OperatorError("an id is a UUID: see `inlet transport list`") from None


def _as_it_is(hook: StoredHook) -> WantedHook:
    return WantedHook(url=hook.url, types=hook.types, channel_id=hook.channel_id)


def _actor(session: OperatorSession) -> Actor:
    return Actor(customer_id=session.customer_id)


def _kit(session: OperatorSession) -> HookKit:
    return HookKit(
        sealer=session.sealer,
        new_secret=new_hook_secret,
        new_id=new_id,
        private_hosts=frozenset(),
    )


def _facts(hook: StoredHook) -> dict[str, object]:
    state = hook.disabled_reason or ("failing" if hook.failing_since else "works")
    return {
        "id": hook.id,
        "url": hook.url,
        "state": f"disabled: {state}" if hook.disabled_reason else state,
        "since": hook.disabled_at or hook.failing_since or hook.created_at,
        "channel_id": hook.channel_id,
        "events": hook.types,
    }

"""`inlet up`: everything on one machine, in the foreground, until Ctrl-C.

The port is bound here and handed to the web process, so that callers queue, and are not refused,
while a dead web process is started again or a living one is replaced.
"""

import asyncio
import socket
import sys
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from random import random
from ssl import PROTOCOL_TLS_CLIENT, SSLContext

import httpx
import structlog

from app.child_processes import ChildProcesses
from app.clock import monotonic
from app.database import database_in_use, url_of_processes
from app.demo_channels import ensure_demo_channels
from app.embedded_postgres import url_for
from app.keys import admin_key, ensure_admin_key, secret_keys
from app.listener import listening_socket
from app.migrations import prepare_database
from app.process_signals import (
    ProcessSignals,
    has_terminal,
    ignore_signals,
    signals_interrupt,
)
from app.settings import Settings, child_environment, host_and_port
from app.supervisor import ChildSpec
from app.welcome import Welcome
from domain.channel import Channel
from domain.errors import OperatorError
from store.app_role import APP
from store.database import connect

_LOG = structlog.get_logger(__name__)

_POLL_SECONDS = 0.05
_STOP_SECONDS = 7.0
_LEAST_DATABASE_SECONDS = 1.0

ReadSettings = Callable[[], Settings]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedResources:
    """What stays while the children come and go."""

    listener: socket.socket
    provider: socket.socket | None
    mail: socket.socket | None
    database_url: str
    workers: int


def run_everything(
    read_settings: ReadSettings, workers: int, greet: Callable[[Welcome], None], *, demo: bool
) -> None:
    """Start all there is, greet when it answers, and stop all of it in the end.

    Settings are read again when the children are replaced. With a demo, one child more plays
    people and their provider.

    Raises: OperatorError when it cannot start.
    """
    settings = read_settings()
    if demo and not settings.listens_on_loopback:
        raise OperatorError(
            "--demo needs channels that check no signatures, which are made only where HOST is "
            "this machine's own, as 127.0.0.1"
        )
    with (
        signals_interrupt(),
        suppress(KeyboardInterrupt),
        listening_socket(settings.host, settings.port) as listener,
        listening_socket("127.0.0.1", 0) if demo else nullcontext() as provider,
        listening_socket(*host_and_port(settings.smtp_listen))
        if settings.smtp_listen
        else nullcontext() as mail,
    ):
        bound = replace(settings, port=listener.getsockname()[1])
        with database_in_use(bound) as database:
            owner_url = bound.owner_database_url or database.url
            app_url = bound.database_url or url_for(APP, database.url)
            applied = asyncio.run(prepare_database(owner_url, app_url=app_url))
            if applied:
                _LOG.info("migrated", applied=len(applied), newest=applied[-1])
            key = admin_key(bound)
            processes_url = url_of_processes(bound, database.url)
            channels = asyncio.run(_prepare(processes_url, key, bound, provider))
            shared = SharedResources(
                listener=listener,
                provider=provider,
                mail=mail,
                database_url=processes_url,
                workers=workers,
            )
            welcome = Welcome(settings=bound, key=key, channels=channels, is_demo=demo)
            stopped_at = asyncio.run(_run(shared, bound, read_settings, lambda: greet(welcome)))
            ignore_signals()
            left = stopped_at + _STOP_SECONDS - monotonic()
            database.stop_in(max(left, _LEAST_DATABASE_SECONDS))


async def _prepare(
    database_url: str, key: str, settings: Settings, provider: socket.socket | None
) -> list[Channel]:
    """Let the admin in, and return the demo channels that are switched on.

    They check no signatures, so they are made only where nobody else reaches them.
    """
    sends_to = f"http://127.0.0.1:{provider.getsockname()[1]}" if provider else None
    async with await connect(database_url, "inlet up", prepare=False) as conn:
        await ensure_admin_key(conn, key)
        if not settings.listens_on_loopback:
            return []
        channels = await ensure_demo_channels(conn, sends_to)
    if provider and all(channel.is_disabled for channel in channels):
        raise OperatorError("--demo needs one of its channels: `inlet channel enable demo-sms`")
    return [channel for channel in channels if not channel.is_disabled]


def _child_specs(settings: Settings, shared: SharedResources) -> list[ChildSpec]:
    """Name the child processes, in the order in which they are replaced."""
    secret_keys(settings)  # made here where there is none, and read by the children themselves
    media = settings.media_private_hosts
    if shared.provider is not None:
        media = (*media, f"127.0.0.1:{shared.provider.getsockname()[1]}")
    told = replace(
        settings,
        media_private_hosts=media,
        database_url=shared.database_url,
        owner_database_url="",
        inlet_admin_key="",
        files=settings.place_of_files,  # which depends on whose the database is
    )
    environment = child_environment(told.environment())
    # -P: the folder we were started in must not decide what `app` is.
    program = (sys.executable, "-P", "-m", "app.cli")
    listener = shared.listener.fileno()
    web = ChildSpec(
        name="web",
        command=(*program, "serve", "--stop-with-parent", "--fd", str(listener)),
        environment=environment,
        descriptors=(listener,),
    )
    work = ChildSpec(
        name="worker", command=(*program, "work", "--stop-with-parent"), environment=environment
    )
    specs = [web, *([work] * shared.workers)]
    if shared.mail is not None:
        mail = shared.mail.fileno()
        specs.append(
            ChildSpec(
                name="smtp",
                command=(*program, "smtp", "--stop-with-parent", "--fd", str(mail)),
                environment=environment,
                descriptors=(mail,),
            )
        )
    if shared.provider is None:
        return specs
    provider = shared.provider.fileno()
    play = ChildSpec(
        name="demo",
        command=(*program, "demo", "--stop-with-parent", "--fd", str(provider)),
        environment=environment,
        descriptors=(provider,),
        reports_ready=False,
    )
    return [play, *specs]


async def _run(
    shared: SharedResources,
    settings: Settings,
    read_settings: ReadSettings,
    greet: Callable[[], None],
) -> float:
    """Run the children until told to stop; return when that was, by the monotonic clock."""
    children = ChildProcesses(_child_specs(settings, shared), random)
    signals = ProcessSignals(children.kill, had_terminal=has_terminal())
    children.start()
    background = [
        asyncio.create_task(_greet_when_ready(settings.local_url, greet)),
        asyncio.create_task(_replace_when_told(signals, children, shared, settings, read_settings)),
    ]
    await signals.stop.wait()
    stopped_at = monotonic()
    _LOG.info("stopping")
    for task in background:
        task.cancel()
    await asyncio.gather(*background, return_exceptions=True)
    await children.stop()
    return stopped_at


async def _replace_when_told(
    signals: ProcessSignals,
    children: ChildProcesses,
    shared: SharedResources,
    settings: Settings,
    read_settings: ReadSettings,
) -> None:
    """Replace the children at every SIGHUP; one that comes meanwhile means once more.

    The socket and the data folder stay what they are.
    """
    while True:
        await signals.replace.wait()
        signals.replace.clear()
        try:
            read = read_settings()
        except OperatorError as error:
            _LOG.error("settings_not_read", detail=error.detail)
            continue
        kept = replace(read, host=settings.host, port=settings.port, data_dir=settings.data_dir)
        _LOG.info("replacing")
        await children.replace(_child_specs(kept, shared))


async def _greet_when_ready(local_url: str, greet: Callable[[], None]) -> None:
    # It speaks plain HTTP: to read whom to trust would take 25 ms of processor.
    trusts_nobody = SSLContext(PROTOCOL_TLS_CLIENT)
    async with httpx.AsyncClient(trust_env=False, timeout=5, verify=trusts_nobody) as client:
        while True:
            with suppress(httpx.TransportError):
                if (await client.get(f"{local_url}/readyz")).is_success:
                    break
            await asyncio.sleep(_POLL_SECONDS)
    greet()

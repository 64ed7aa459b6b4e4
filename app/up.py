"""`inlet up`: everything on one machine, in the foreground, until Ctrl-C.

The port is bound here and handed to the web process, so that callers queue, and are not refused,
while a dead web process is started again.
"""

import asyncio
import signal
import socket
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace

import httpx
import structlog

from app.database import database
from app.keys import admin_key, ensure_admin_key, ensure_demo_channels, secret_key
from app.listener import listening_socket
from app.migrations import apply_migrations
from app.settings import Settings, child_environment
from app.supervisor import KeptChild, Role, StopSignals, stop_in_order
from app.welcome import Welcome
from domain.channel import Channel
from store.database import connect

_LOG = structlog.get_logger(__name__)

_POLL_SECONDS = 0.05


def run_everything(
    settings: Settings, workers: int, greet: Callable[[Welcome], None], *, demo: bool = False
) -> None:
    """Start all there is, greet when it answers, and stop all of it in the end.

    With a demo, one child more plays people and their provider.

    Raises: OperatorError when it cannot start.
    """
    with (
        _signals_interrupt(),
        listening_socket(settings.host, settings.port) as listener,
        listening_socket("127.0.0.1", 0) if demo else nullcontext() as provider,
    ):
        bound = replace(settings, port=listener.getsockname()[1])
        with suppress(KeyboardInterrupt), database(bound) as database_url:
            applied = list(apply_migrations(database_url))
            if applied:
                _LOG.info("migrated", applied=len(applied), newest=applied[-1])
            key = admin_key(bound)
            channels = asyncio.run(_prepare(database_url, key, provider))
            children = _children(bound, database_url, listener, workers, provider)
            welcome = Welcome(settings=bound, key=key, channels=channels, is_demo=demo)
            asyncio.run(_run(children, bound.local_url, lambda: greet(welcome)))


async def _prepare(database_url: str, key: str, provider: socket.socket | None) -> list[Channel]:
    sends_to = f"http://127.0.0.1:{provider.getsockname()[1]}" if provider else None
    async with await connect(database_url, "inlet up", prepare=False) as conn:
        await ensure_admin_key(conn, key)
        return await ensure_demo_channels(conn, sends_to)


def _children(
    settings: Settings,
    database_url: str,
    listener: socket.socket,
    workers: int,
    provider: socket.socket | None,
) -> list[KeptChild]:
    """Name the child processes, in the order in which they stop."""
    told = replace(
        settings, database_url=database_url, secret_key=secret_key(settings), inlet_admin_key=""
    )
    environment = child_environment(told.environment())
    # -P: the folder we were started in must not decide what `app` is.
    program = (sys.executable, "-P", "-m", "app.cli")
    web = Role(
        name="web",
        command=(*program, "serve", "--stop-with-parent", "--fd", str(listener.fileno())),
        environment=environment,
        descriptors=(listener.fileno(),),
    )
    work = Role(
        name="worker", command=(*program, "work", "--stop-with-parent"), environment=environment
    )
    kept = [KeptChild(web), *(KeptChild(work) for _ in range(workers))]
    if provider is None:
        return kept
    play = Role(
        name="demo",
        command=(*program, "demo", "--stop-with-parent", "--fd", str(provider.fileno())),
        environment=environment,
        descriptors=(provider.fileno(),),
    )
    return [KeptChild(play), *kept]


async def _run(children: list[KeptChild], local_url: str, greet: Callable[[], None]) -> None:
    signals = StopSignals(children)
    for child in children:
        child.start()
    greeting = asyncio.create_task(_greet_when_ready(local_url, greet))
    await signals.wait()
    greeting.cancel()
    _LOG.info("stopping")
    await stop_in_order(children)


async def _greet_when_ready(local_url: str, greet: Callable[[], None]) -> None:
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        while True:
            with suppress(httpx.TransportError):
                if (await client.get(f"{local_url}/readyz")).is_success:
                    break
            await asyncio.sleep(_POLL_SECONDS)
    greet()


@contextmanager
def _signals_interrupt() -> Generator[None]:
    """Until the event loop takes over, let SIGTERM end us as Ctrl-C does: in order."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

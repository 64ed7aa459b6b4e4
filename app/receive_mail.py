"""Runs the process that receives mail by SMTP, until told to stop."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from urllib.parse import urlsplit

import prometheus_client
import structlog
import uvloop

from app.clock import utc_now
from app.descriptor_limit import raise_descriptor_limit
from app.forced_exit import stop_on_signals
from app.garbage_collection import collect_rarely
from app.intake_services import build_intake_services
from app.keys import sealer_of
from app.large_memory import give_back_large_memory
from app.settings import Settings, host_and_port
from domain.errors import OperatorError
from ingest.mail_intake import MailIntake
from ingest.mail_server import MailReceiver, MailServerLimits
from ingest.mail_session import SessionLimits
from ingest.room import Room
from store.database import open_pool

_LOG = structlog.get_logger(__name__)

_STOP_SECONDS = 5.0
_FINISH_SECONDS = 3.0
_POOL_SIZE = 4
_TRY_AGAIN_SECONDS = 0.5
_MOST_UNFINISHED_BYTES = 256 * 1024 * 1024


def receive_mail(
    settings: Settings,
    database_url: str,
    listener: socket.socket,
    report_ready: Callable[[], None] = lambda: None,
) -> None:
    """Take mail on a listening socket until SIGTERM or SIGINT; what is in hand is finished first.

    Raises: OperatorError where the certificate cannot be read.
    """
    raise_descriptor_limit()
    collect_rarely()
    give_back_large_memory()
    tls = tls_context(settings)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_receive(settings, database_url, listener, tls, report_ready))


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """Read what STARTTLS is offered with; None where no certificate is set.

    Raises: OperatorError.
    """
    if not settings.smtp_certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    key = settings.smtp_certificate_key or None
    try:
        context.load_cert_chain(settings.smtp_certificate, key)
    except OSError as error:
        raise OperatorError(
            f"SMTP_CERTIFICATE, or its key, cannot be read: {error.strerror or 'no certificate'}"
        ) from None
    return context


def hostname_of(settings: Settings) -> str:
    """Say what it calls itself: SMTP_HOSTNAME, the host of PUBLIC_URL, or the machine's name."""
    return settings.smtp_hostname or urlsplit(settings.public_url).hostname or socket.gethostname()


async def _receive(
    settings: Settings,
    database_url: str,
    listener: socket.socket,
    tls: ssl.SSLContext | None,
    report_ready: Callable[[], None],
) -> None:
    stop = stop_on_signals(_STOP_SECONDS)
    pool = open_pool(database_url, "inlet smtp", _POOL_SIZE, prepare=settings.prepared_statements)
    services = build_intake_services(settings, database_url, pool, sealer_of(settings))
    receiver = MailReceiver(
        MailIntake(services.intake, services.directory, utc_now),
        Room(max(_MOST_UNFINISHED_BYTES, settings.max_body_bytes)),
        MailServerLimits(session=SessionLimits(most_mail_bytes=settings.max_body_bytes)),
        hostname_of(settings),
        tls,
    )
    further = [_show_metrics(settings.smtp_metrics_listen)] if settings.smtp_metrics_listen else []
    async with services.running(*further):
        await receiver.start(listener)
        _LOG.info("smtp_started", port=listener.getsockname()[1], has_certificate=tls is not None)
        report_ready()
        await stop.wait()
        await receiver.stop(_FINISH_SECONDS)
    _LOG.info("smtp_stopped")


async def _show_metrics(place: str) -> None:
    """Show what this process counts, in a thread, until cancelled.

    A process that is replaced by this one has the port until it ends.
    """
    host, port = host_and_port(place)
    while True:
        try:
            server, _ = prometheus_client.start_http_server(port, host)
            break
        except OSError:
            await asyncio.sleep(_TRY_AGAIN_SECONDS)
    _LOG.info("smtp_metrics_shown", port=server.server_port)
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.to_thread(server.shutdown)
        server.server_close()

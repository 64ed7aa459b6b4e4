"""Publishes events into streams of NATS JetStream, a connection for each server and credential.

Needs the extra `nats`. A connection that failed is not mended but made anew by the next attempt, so
what is repeated, and when, is decided in one place. Knows no hook and no table.
Source: https://docs.nats.io/nats-concepts/jetstream
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from domain.event_queue import NatsSubject
from domain.hook import TOO_LARGE
from worker.hooks.published import Published, QueuedEvent
from worker.sending.provider_request import CONNECT_SECONDS, authorities

if TYPE_CHECKING:
    from nats.aio.client import Client

_IDLE_SECONDS = 60.0
_CLOSE_SECONDS = 3.0
_MESSAGE_ID = "Nats-Msg-Id"  # a stream drops what has one that it took lately
_TOO_LARGE = 10054  # JSStreamMessageExceedsMaximumErr: the stream's own limit
_NOT_AUTHORIZED = "authorization"
_CREDENTIALS_FILE = "-----BEGIN NATS USER JWT-----"


@dataclass(slots=True)
class _Held:
    """A connection; `turn` lets one of those who need it open it, `said` is the latest error."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    client: "Client | None" = None
    used_at: float = 0.0
    said: str = ""


class JetStream:
    """The connections of a process. `seconds` bound an attempt, `monotonic` counts them."""

    def __init__(self, seconds: float, monotonic: Callable[[], float]) -> None:
        self._seconds = seconds
        self._monotonic = monotonic
        self._held: dict[tuple[str, str], _Held] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def publish(self, place: NatsSubject, event: QueuedEvent, credential: str) -> Published:
        """Publish an event below the subject, and wait until a stream has it."""
        try:
            from nats import errors
            from nats.js.errors import APIError, NoStreamResponseError
        except ModuleNotFoundError:
            return Published(error_class="not_installed")
        held = self._held.setdefault((place.server, credential), _Held())
        held.used_at = self._monotonic()
        client = None
        try:
            async with asyncio.timeout(self._seconds):
                client = await self._opened(held, place.server, credential)
                return await self._publish(client, place, event)
        except NoStreamResponseError:
            return Published(error_class="no_stream")
        except APIError as error:
            error_class = TOO_LARGE if error.err_code == _TOO_LARGE else "refused"
            return Published(error_class=error_class, answer=str(error).encode())
        except errors.MaxPayloadError:
            return Published(error_class=TOO_LARGE)
        except TimeoutError:
            error_class = "no_answer"
        except (OSError, errors.NoServersError):
            error_class = "unreachable"
        except errors.Error as error:
            is_refused = _NOT_AUTHORIZED in str(error).lower()
            error_class = "not_authorized" if is_refused else "broken_off"
        self._drop(held, client)
        return Published(error_class=error_class, answer=held.said.encode())

    def close_idle(self) -> None:
        """Close connections over which nothing went for a while."""
        before = self._monotonic() - _IDLE_SECONDS
        for key, held in [*self._held.items()]:
            if held.used_at < before:
                del self._held[key]
                self._drop(held, held.client)

    async def close(self) -> None:
        """Close all connections."""
        for held in self._held.values():
            self._drop(held, held.client)
        self._held.clear()
        await asyncio.gather(*self._closing)

    async def _opened(self, held: _Held, server: str, credential: str) -> "Client":
        async with held.turn:
            if held.client is None or held.client.is_closed:
                held.client = await self._connect(held, server, credential)
            return held.client

    async def _publish(self, client: "Client", place: NatsSubject, event: QueuedEvent) -> Published:
        from nats.js import JetStreamContext

        ack = await JetStreamContext(client).publish(
            f"{place.subject}.{event.type}",
            event.body,
            timeout=self._seconds,
            headers={_MESSAGE_ID: event.id},
        )
        twice = ", which had it already" if ack.duplicate else ""
        return Published(answer=f"message {ack.seq} of stream {ack.stream}{twice}".encode())

    async def _connect(self, held: _Held, server: str, credential: str) -> "Client":
        from nats.aio.client import Client

        async def note(error: Exception) -> None:
            held.said = str(error)

        client = Client()
        held.said = ""
        try:
            await client.connect(
                server,
                name="Inlet",
                error_cb=note,
                allow_reconnect=False,
                max_reconnect_attempts=1,
                reconnect_time_wait=0,
                connect_timeout=int(CONNECT_SECONDS),
                tls=authorities(),
                # So that no credential leaves before the server has shown who it is.
                tls_handshake_first=server.startswith("tls:"),
                **_shown(credential),
            )
        except BaseException:
            await _close(client)
            raise
        return client

    def _drop(self, held: _Held, client: "Client | None") -> None:
        """Let the next attempt make another connection; nobody waits until this one is closed."""
        if client is not None and held.client is client:
            held.client = None
            closing = asyncio.create_task(_close(client))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)


def _shown(credential: str) -> dict[str, Any]:
    """Say how a credential is shown: a file of NATS, a seed of a key, USER:PASSWORD, or a token."""
    from nats.aio.client import RawCredentials

    if not credential:
        return {}
    if _CREDENTIALS_FILE in credential:
        return {"user_credentials": RawCredentials(credential)}
    if credential.startswith("SU") and ":" not in credential:
        return {"nkeys_seed_str": credential}
    user, colon, password = credential.partition(":")
    return {"user": user, "password": password} if colon else {"token": credential}


async def _close(client: "Client") -> None:
    """Close a connection, whatever state it is in."""
    with suppress(Exception):
        async with asyncio.timeout(_CLOSE_SECONDS):
            await client.close()

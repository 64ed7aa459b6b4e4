"""Hands events of hooks that lead to a queue to that queue, and writes what came of each.

Knows no table; whether and when an event is tried again is decided where hooks are posted to.
"""

import asyncio

import httpx

from domain.event_queue import NatsSubject, SqsQueue, read_event_queue
from domain.text import clean_text
from store.hook_deliveries import Attempt, HookLease
from worker.hooks.config import HookConfig
from worker.hooks.jetstream import JetStream
from worker.hooks.published import Published, QueuedEvent
from worker.hooks.sqs import send_to_sqs
from worker.sending.provider_request import open_client

_MOST_CONNECTIONS = 64
_MOST_ANSWER_CHARS = 500


class EventQueues:
    """The connections of a process to queues, made when the first event goes there."""

    def __init__(self, config: HookConfig) -> None:
        self._config = config
        self._jetstream = JetStream(config.answer_seconds, config.monotonic)
        self._client: httpx.AsyncClient | None = None

    async def publish(self, lease: HookLease, body: bytes, credential: str) -> Attempt:
        """Hand an event to the queue that a hook leads to."""
        began_at, began = self._config.clock(), self._config.monotonic()
        event = QueuedEvent(id=lease.id, type=lease.type, group=lease.order_id, body=body)
        published = await self._publish(lease.url, event, credential)
        answer = published.answer.decode(errors="replace")
        return Attempt(
            began_at=began_at,
            duration_ms=max(0, round((self._config.monotonic() - began) * 1000)),
            http_status=published.http_status,
            answer=clean_text(answer)[:_MOST_ANSWER_CHARS],
            error_class=published.error_class,
        )

    def close_idle(self) -> None:
        """Close connections over which nothing went for a while."""
        self._jetstream.close_idle()

    async def close(self) -> None:
        """Close all connections."""
        await self._jetstream.close()
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _publish(self, url: str, event: QueuedEvent, credential: str) -> Published:
        queue = read_event_queue(url)
        if isinstance(queue, NatsSubject):
            return await self._jetstream.publish(queue, event, credential)
        if isinstance(queue, SqsQueue):
            return await self._send(queue, event, credential)
        return Published(error_class="address_not_allowed")

    async def _send(self, queue: SqsQueue, event: QueuedEvent, credential: str) -> Published:
        client = self._client = self._client or open_client(
            _MOST_CONNECTIONS, self._config.answer_seconds
        )
        try:
            async with asyncio.timeout(self._config.answer_seconds):
                return await send_to_sqs(client, queue, event, credential, self._config.clock())
        except (TimeoutError, httpx.TimeoutException):
            return Published(error_class="no_answer")
        except httpx.ConnectError:
            return Published(error_class="unreachable")
        except httpx.HTTPError:
            return Published(error_class="broken_off")

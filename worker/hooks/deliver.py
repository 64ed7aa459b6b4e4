"""Makes one leased delivery and records what came of it.

Only who still holds the lease changes anything. What could not be recorded is posted again when the
lease ends, under the same id. Knows no loop.
"""

import asyncio
from dataclasses import dataclass

import httpx
import structlog

from domain.actor import Actor
from domain.errors import OperatorError
from domain.event_queue import is_event_queue
from domain.hook import (
    FAILING_FOR,
    TOO_LARGE,
    DisabledReason,
    secrets_place,
    wait_after_failure,
)
from store.audit import AuditEntry, record_audit
from store.database import Connection, DatabaseError
from store.hook_deliveries import (
    Attempt,
    HookLease,
    leave_alone,
    note_attempt,
    note_failure,
    note_success,
    put_off_delivery,
    settle_delivery,
)
from store.hooks import disable_hook
from worker.background.repeating import log_failure
from worker.hooks.config import HookConfig
from worker.hooks.event_queues import EventQueues
from worker.hooks.post import GONE, post_event

_LOG = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivering:
    """Makes leased deliveries, many at once over one connection, of which `turn` gives one the use.

    While it waits for an answer, none has it.
    """

    conn: Connection
    turn: asyncio.Lock
    client: httpx.AsyncClient
    queues: EventQueues
    config: HookConfig

    async def deliver(self, lease: HookLease) -> None:
        """Post an event, and let it be delivered, tried again, or given up.

        Raises: DatabaseError or OSError when Postgres is away.
        """
        try:
            attempt = await self._attempt(lease)
        except (DatabaseError, OSError):
            raise
        except Exception as error:
            # It would be leased for ever, and never given up.
            log_failure(error, hook_id=lease.hook_id)
            attempt = self._without_answer("broke")
        async with self.turn, self.conn.transaction():
            if attempt is None:
                is_ours = await settle_delivery(
                    self.conn, lease, "failed", self.config.clock(), "gone"
                )
            else:
                is_ours = await self._record(lease, attempt)
        if not is_ours:
            _LOG.info("hook_lease_lost", hook_id=lease.hook_id, delivery_id=lease.id)

    async def _attempt(self, lease: HookLease) -> Attempt | None:
        """Post an event; None where what it is about is gone."""
        async with self.turn:
            body = await self.config.make_payload(self.conn, lease)
        return None if body is None else await self._post(lease, body)

    async def _record(self, lease: HookLease, attempt: Attempt) -> bool:
        """Keep what came of it; False where the lease was lost."""
        if attempt.error_class is None:
            await note_success(self.conn, lease)
            is_ours = await settle_delivery(self.conn, lease, "delivered", self.config.clock())
        else:
            is_ours = await self._fail(lease, attempt, attempt.error_class)
        if is_ours:
            await note_attempt(self.conn, lease, attempt)
        return is_ours

    async def _post(self, lease: HookLease, body: bytes) -> Attempt:
        now = self.config.clock()
        try:
            place = secrets_place(lease.customer_id, lease.hook_id)
            newest, *others = self.config.sealer.open(lease.secrets, place)
        except OperatorError:
            return self._without_answer("sealed")
        if is_event_queue(lease.url):
            return await self.queues.publish(lease, body, newest)
        until = lease.second_secret_until
        secrets = [newest, *others] if until and now < until else [newest]
        return await post_event(self.client, self.config, lease, body, secrets)

    def _without_answer(self, error_class: str) -> Attempt:
        """Make the record of an attempt at which nothing could be posted."""
        return Attempt(
            began_at=self.config.clock(),
            duration_ms=0,
            http_status=None,
            answer="",
            error_class=error_class,
        )

    async def _fail(self, lease: HookLease, attempt: Attempt, error_class: str) -> bool:
        """Try it again later, or give it up; a hook that is gone or fails for days is disabled."""
        now = self.config.clock()
        failing_since = await note_failure(self.conn, lease, now)
        tries = lease.attempt - lease.earlier_attempts
        random, asked = self.config.random(), attempt.asked_wait
        wait = wait_after_failure(tries, lease.queued_at, now, random, asked)
        if error_class == TOO_LARGE:
            wait = None
        if attempt.http_status == GONE:
            await self._disable(lease, "gone")
        elif wait is None and failing_since and now - failing_since >= FAILING_FOR:
            await self._disable(lease, "failing")
        _LOG.warning(
            "hook_failed",
            hook_id=lease.hook_id,
            delivery_id=lease.id,
            attempt=lease.attempt,
            error_class=error_class,
            http_status=attempt.http_status,
            is_given_up=wait is None,
        )
        if wait is None:
            return await settle_delivery(self.conn, lease, "failed", now, error_class)
        if asked:
            await leave_alone(self.conn, lease, now + min(asked, wait))
        return await put_off_delivery(self.conn, lease, now + wait, error_class)

    async def _disable(self, lease: HookLease, reason: DisabledReason) -> None:
        customer_id, hook_id, now = lease.customer_id, lease.hook_id, self.config.clock()
        if await disable_hook(self.conn, customer_id, hook_id, reason, now):
            entry = AuditEntry(
                id=self.config.new_id(),
                action="hook.disabled",
                object_id=hook_id,
                detail={"reason": reason},
            )
            await record_audit(self.conn, Actor(customer_id=customer_id), [entry])
            _LOG.error("hook_disabled", hook_id=hook_id, reason=reason)

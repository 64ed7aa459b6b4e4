"""The other side of what Inlet sends: receipts from the provider, and people who answer.

Posts both as the provider would. Knows neither the endpoint nor the database.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from random import Random

import httpx

from domain.delivery import Delivery
from domain.message import (
    DeliveryReceipt,
    InboundMessage,
    ReceiptStatus,
    Recipient,
    ThreadHeaders,
)
from simulation import PLAYED, PLAYED_SENDERS, keeps_mails
from simulation.delivering import compose_delivery, compose_receipt_delivery, post
from simulation.played import TakenMessage
from simulation.texts import answer_text

_ERROR_CODE = "30003"
_READ_SHARE = 0.4
_MOST_TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How the other side behaves: shares of what is sent, and seconds per step."""

    failing: float = 0.0
    answering: float = 0.0
    step_seconds: float = 1.0


class Counterpart:
    """Lets every message that was taken have its fate."""

    def __init__(
        self,
        *,
        client: httpx.AsyncClient,
        public_url: str,
        server_url: str,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        rng: Random,
        manners: Manners,
    ) -> None:
        self._client = client
        self._public_url = public_url
        self._server_url = server_url
        self._clock = clock
        self._new_id = new_id
        self._rng = rng
        self._manners = manners
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, taken: TakenMessage) -> None:
        """Begin the fate of a message; returns at once."""
        task = asyncio.create_task(self._play(taken))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self) -> None:
        """Wait until every message has had its fate."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """End whatever goes on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _play(self, taken: TakenMessage) -> None:
        rng, manners = self._rng, self._manners
        has_failed = rng.random() < manners.failing
        is_read = rng.random() < _READ_SHARE
        # What is said in an answer that is kept could not be fetched from anybody.
        is_kept = keeps_mails(taken.channel.provider)
        is_answered = rng.random() < manners.answering and not is_kept
        await self._wait(0.5)
        await self._report(taken, "sent")
        await self._wait(1)
        if has_failed:
            await self._report(taken, "failed", _ERROR_CODE)
            return
        await self._report(taken, "delivered")
        if is_read:
            await self._wait(1)
            await self._report(taken, "read")
        if is_answered:
            await self._wait(2)
            await self._post(self._answer(taken))

    async def _wait(self, steps: float) -> None:
        await asyncio.sleep(self._manners.step_seconds * steps * (0.5 + self._rng.random()))

    async def _report(
        self, taken: TakenMessage, status: ReceiptStatus, error_code: str | None = None
    ) -> None:
        sender = PLAYED_SENDERS.get(taken.channel.provider)
        word = sender.RECEIPT_WORDS.get(status) if sender else None
        if sender is None or word is None:  # its provider does not say so
            return
        receipt = DeliveryReceipt(
            provider_message_id=taken.provider_message_id,
            status=status,
            provider_status=word,
            error_code=error_code,
            recipients=taken.to,
        )
        delivery = compose_receipt_delivery(
            sender,
            receipt,
            taken.own_address,
            taken.channel,
            public_url=self._public_url,
            server_url=self._server_url,
            now=self._clock(),
        )
        await self._post(delivery)

    def _answer(self, taken: TakenMessage) -> Delivery:
        """Write what the first recipient answers."""
        channel, is_email = taken.channel, taken.channel.kind == "email"
        identity = f"answer-{self._new_id()}"
        thread = ThreadHeaders(
            message_id=f"{identity}@mail.example.com",
            in_reply_to=taken.references[-1:],
            references=taken.references,
        )
        message = InboundMessage(
            kind="email" if is_email else "sms",
            provider_message_id=identity,
            sender=taken.to[0],
            recipients=(Recipient(role="to", address=taken.reply_to or taken.own_address),),
            body=answer_text(self._rng),
            subject=taken.subject if is_email else None,
            sent_at=self._clock(),
            thread=thread if is_email else None,
        )
        return compose_delivery(
            PLAYED[channel.provider],
            message,
            channel,
            public_url=self._public_url,
            server_url=self._server_url,
            now=self._clock(),
        )

    async def _post(self, delivery: Delivery) -> None:
        """Post as a patient provider: what gets no answer, or a 5xx, is posted again."""
        for _ in range(_MOST_TRIES):
            with suppress(httpx.HTTPError):
                status = await post(self._client, delivery)
                if status is not None and status < 500:
                    return
            await asyncio.sleep(self._manners.step_seconds)

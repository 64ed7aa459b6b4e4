"""A provider that keeps the text of its messages until it is asked for, in two steps.

It posts {"provider_message_id": ...}; its API says where the message lies, for an hour; there, the
message is as the generic provider writes it. Receipts are whole.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from domain.channel import Channel, ChannelKind
from domain.delivery import Delivery
from domain.event import ClaimedEvent, FetchedContent, InboundEvent
from domain.fetching_provider import FetchAnswer, FetchRequest, FetchStep, not_fetched
from domain.message import FetchNeeded, Reading
from domain.provider import ReadingContext
from domain.signature import SignedContent
from providers import generic

API = "https://api.keeper.test/messages"
FILES = "https://files.keeper.test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """The generic provider, but for what a message says."""

    NAME: str = generic.NAME
    CHANNEL_KINDS: frozenset[ChannelKind] = generic.CHANNEL_KINDS
    RECEIPT_WORDS: frozenset[str] = generic.RECEIPT_WORDS
    FETCH_HOSTS: re.Pattern[str] = re.compile(r"(api|files)\.keeper\.test")
    FETCH_WITHIN: timedelta = timedelta(hours=1)

    def new_secret(self) -> str | None:
        return generic.new_secret()

    def signed(self, delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
        return generic.signed(delivery, secrets, now)

    def split(self, delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
        return generic.split(delivery, kind)

    def read(self, event: ClaimedEvent, context: ReadingContext) -> Reading:
        if event.kind == "message" and event.fetched is None:
            return FetchNeeded()
        whole = event if event.fetched is None else replace(event, body=event.fetched.body)
        return generic.read(whole, context)

    def next_fetch(
        self,
        event: ClaimedEvent,
        channel: Channel,
        answers: Sequence[FetchAnswer],
        now: datetime,
    ) -> FetchStep:
        if not answers:
            identity = msgspec.json.decode(event.body)["provider_message_id"]
            credential = f"Bearer {channel.credential}"
            return FetchRequest(url=f"{API}/{identity}", headers={"authorization": credential})
        answer = answers[-1]
        if answer.status == 302:
            return FetchRequest(url=answer.headers["location"], headers={})
        if answer.status != 200:
            return not_fetched(answer)
        if len(answers) == 1:
            return FetchRequest(url=msgspec.json.decode(answer.body)["url"], headers={})
        return FetchedContent(content_type="application/json", body=answer.body)

    answer = staticmethod(generic.answer)
    explain = staticmethod(generic.explain)

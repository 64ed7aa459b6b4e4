"""A provider whose reading is the test's: the way to let an event break whoever reads it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.channel import ChannelKind
from domain.delivery import Delivery
from domain.event import ClaimedEvent, InboundEvent
from domain.message import Reading
from domain.provider import ReadingContext
from domain.signature import SignedContent
from providers import generic


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """The generic provider, but `read` is the test's."""

    read_one: Callable[[ClaimedEvent], Reading | None]
    NAME: str = generic.NAME
    CHANNEL_KINDS: frozenset[ChannelKind] = generic.CHANNEL_KINDS
    RECEIPT_WORDS: frozenset[str] = generic.RECEIPT_WORDS

    def new_secret(self) -> str | None:
        return generic.new_secret()

    def signed(self, delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
        return generic.signed(delivery, secrets, now)

    def split(self, delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
        return generic.split(delivery, kind)

    def read(self, event: ClaimedEvent, context: ReadingContext) -> Reading:
        return self.read_one(event) or generic.read(event, context)

    answer = staticmethod(generic.answer)
    explain = staticmethod(generic.explain)

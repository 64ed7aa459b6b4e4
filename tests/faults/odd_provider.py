"""A provider whose reading is the test's: the way to let an event break whoever reads it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.channel import Channel, ChannelKind
from domain.delivery import Delivery, Reply, SignatureCheck, Verdict
from domain.event import ClaimedEvent, InboundEvent
from domain.message import InboundMessage, Reading
from domain.provider import ReadingContext
from providers import generic


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """The generic provider, but `read` is the test's."""

    read_one: Callable[[ClaimedEvent], Reading | None]
    NAME: str = generic.NAME
    CHANNEL_KINDS: frozenset[ChannelKind] = generic.CHANNEL_KINDS
    SUCCESS: Reply = generic.SUCCESS

    def new_secret(self) -> str | None:
        return generic.new_secret()

    def verify(self, delivery: Delivery, secrets: Sequence[str], now: datetime) -> Verdict:
        return generic.verify(delivery, secrets, now)

    def explain_signature(
        self, delivery: Delivery, secrets: Sequence[str], now: datetime
    ) -> SignatureCheck:
        return generic.explain_signature(delivery, secrets, now)

    def split(self, delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
        return generic.split(delivery, kind)

    def read(self, event: ClaimedEvent, context: ReadingContext) -> Reading:
        return self.read_one(event) or generic.read(event, context)

    def compose(
        self, message: InboundMessage, channel: Channel, url: str, now: datetime
    ) -> Delivery:
        return generic.compose(message, channel, url, now)

    obstacle = staticmethod(generic.obstacle)
    compose_send = staticmethod(generic.compose_send)
    read_answer = staticmethod(generic.read_answer)
    explain = staticmethod(generic.explain)
    compose_receipt = staticmethod(generic.compose_receipt)

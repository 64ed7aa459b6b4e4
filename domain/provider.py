"""The protocol that every file in `providers/` keeps: pure functions over bytes.

`verify` and `split` run in the request and must be quick; `read` runs in the worker, and so do
`compose_send` and `read_answer`. `compose` and `compose_receipt` play the provider's side, for
`inlet channel test`, `inlet simulate` and the tests.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.channel import Channel, ChannelKind
from domain.delivery import Delivery, Reply, SignatureCheck, Verdict
from domain.event import ClaimedEvent, InboundEvent
from domain.message import DeliveryReceipt, InboundMessage, Reading
from domain.outbound import OutboundMessage, SendOutcome, SendRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingContext:
    """What a provider may know of the channel while it reads an event."""

    kind: ChannelKind
    own_address: str


class Provider(Protocol):
    """One provider. A module with these names is one."""

    @property
    def NAME(self) -> str:
        """The word in the webhook URL and in `inbound_events.provider`."""
        ...

    @property
    def CHANNEL_KINDS(self) -> frozenset[ChannelKind]: ...

    @property
    def SUCCESS(self) -> Reply:
        """The answer to every delivery that is kept, first or repeated."""
        ...

    def new_secret(self) -> str | None:
        """Make a channel secret, or None where only the provider can issue it."""
        ...

    def verify(self, delivery: Delivery, secrets: Sequence[str], now: datetime) -> Verdict:
        """Check authenticity in constant time; never raises, fails closed."""
        ...

    def explain_signature(
        self, delivery: Delivery, secrets: Sequence[str], now: datetime
    ) -> SignatureCheck:
        """Show how `verify` came to its verdict; never raises."""
        ...

    def split(self, delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
        """Take the events out of a delivery.

        Raises: Unreadable when the bytes hold none that can be told apart.
        """
        ...

    def read(self, event: ClaimedEvent, context: ReadingContext) -> Reading:
        """Turn one event into a message or a receipt.

        Raises: Unreadable.
        """
        ...

    def compose(
        self, message: InboundMessage, channel: Channel, url: str, now: datetime
    ) -> Delivery:
        """Write the request this provider would post for `message`, signed if there is a secret."""
        ...

    def compose_receipt(
        self, receipt: DeliveryReceipt, channel: Channel, url: str, now: datetime
    ) -> Delivery:
        """Write the request this provider would post for `receipt`, signed likewise."""
        ...

    def obstacle(self, channel: Channel, *, has_secrets: bool, recipients: int) -> str | None:
        """Say what keeps this channel from sending to so many, or None: it can."""
        ...

    def compose_send(
        self, message: OutboundMessage, channel: Channel, now: datetime
    ) -> SendRequest:
        """Write the request that hands `message` to the provider; the channel can send."""
        ...

    def read_answer(self, status: int, headers: Mapping[str, str], body: bytes) -> SendOutcome:
        """Read what the provider answered; header names are lower-case. Never raises."""
        ...

    def explain(self, error_code: str | None) -> str:
        """Say in plain words why a message was not delivered."""
        ...

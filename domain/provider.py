"""The protocol that every file in `providers/` keeps to receive: pure functions over bytes.

`signed`, `split` and `answer` run in the request and must be quick; `read` runs in the worker.
What sends is another protocol, domain/sending_provider.py: a provider may only receive. One that
has to be asked for a part of its events keeps domain/fetching_provider.py, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.channel import ChannelKind
from domain.delivery import Delivery, Reply
from domain.event import ClaimedEvent, InboundEvent
from domain.message import Reading
from domain.signature import SignedContent


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingContext:
    """What a provider may know of the channel while it reads an event.

    `own_addresses` are canonical, that one among them.
    """

    kind: ChannelKind
    own_address: str
    own_addresses: tuple[str, ...] = ()


class Provider(Protocol):
    """One provider. A module with these names is one."""

    @property
    def NAME(self) -> str:
        """The word in the webhook URL and in `inbound_events.provider`."""
        ...

    @property
    def CHANNEL_KINDS(self) -> frozenset[ChannelKind]: ...

    @property
    def RECEIPT_WORDS(self) -> frozenset[str]:
        """The words in which it reports what became of a message, in lower case."""
        ...

    def new_secret(self) -> str | None:
        """Make a channel secret, or None where only the provider can issue it."""
        ...

    def signed(self, delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
        """Say what was signed, with which signatures, and how these are checked. Never raises.

        Whether it is authentic, and how that is shown to operators, follow in domain/signature.py.
        """
        ...

    def split(self, delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
        """Take the events out of a delivery.

        Raises: Unreadable when the bytes hold none that can be told apart.
        """
        ...

    def answer(self, delivery: Delivery, events: Sequence[InboundEvent]) -> Reply:
        """Write what the provider counts as success, once the events are committed.

        A repeated delivery gets the answer of the first. Never raises, whatever the delivery is.
        """
        ...

    def read(self, event: ClaimedEvent, context: ReadingContext) -> Reading:
        """Turn one event into a message or a receipt, or say that a part has to be fetched first.

        What has to be done for that is in domain/fetching_provider.py. Raises: Unreadable.
        """
        ...

    def explain(self, error_code: str | None) -> str:
        """Say in plain words what the error code of a receipt means."""
        ...

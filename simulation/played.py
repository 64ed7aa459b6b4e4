"""The protocol of a provider that is played: what it posts, and how it takes what is sent.

A module `simulation/NAME.py` with these names plays the provider NAME. Pure, and the opposite of
what `providers/NAME.py` does; only the demo, the commands that try things out, and tests use it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from domain.channel import Channel
from domain.delivery import Delivery
from domain.fetching_provider import FetchAnswer
from domain.message import DeliveryReceipt, InboundMessage, ReceiptStatus


class PlayedProvider(Protocol):
    """A provider that posts messages."""

    @property
    def NAME(self) -> str: ...

    def compose(
        self, message: InboundMessage, channel: Channel, url: str, now: datetime
    ) -> Delivery:
        """Write the request this provider would post for `message`, signed if there is a secret."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PartPlace:
    """Which part of a long text is posted; `reference` is what its parts share."""

    reference: int
    number: int
    total: int


class PlayedDivider(Protocol):
    """A provider that posts a long text in parts."""

    @property
    def NAME(self) -> str: ...

    def compose_part(
        self, message: InboundMessage, place: PartPlace, channel: Channel, url: str, now: datetime
    ) -> Delivery:
        """Write the request that it would post for a part, whose text is that of `message`."""
        ...


class PlayedKeeper(Protocol):
    """A provider that keeps a part of what it posts about until it is asked for it."""

    @property
    def NAME(self) -> str: ...

    @property
    def KEEPS(self) -> Literal["mails", "files"]:
        """What of a mail is not in what it posts: all that it says, or only its files."""
        ...

    def kept(self, message: InboundMessage, now: datetime) -> Mapping[str, FetchAnswer]:
        """Write what it answers who asks for `message`, by URL."""
        ...


class PlayedLister(Protocol):
    """A provider that lists what came in. A module `simulation/lists/NAME.py` plays it."""

    def list_answer(
        self, url: str, came: Sequence[InboundMessage], channel: Channel, now: datetime
    ) -> FetchAnswer:
        """Write what it answers who asks for a list, or for one message; `came` are in order."""
        ...


class PlayedGreeter(Protocol):
    """A provider of whose events nothing can be made before something was fetched from it."""

    @property
    def NAME(self) -> str: ...

    def compose_greeting(self, channel: Channel, url: str, now: datetime) -> Delivery:
        """Write the request by which it tries a webhook URL out; it holds no event."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenMessage:
    """A message that the endpoint took; `references` end with its own Message-ID.

    `own_address` is the one of the channel that it left from; answers go to `reply_to`, if it says
    so.
    """

    channel: Channel
    own_address: str
    provider_message_id: str
    to: tuple[str, ...]
    subject: str | None = None
    references: tuple[str, ...] = ()
    reply_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedSend:
    """A request to send. `place` is what the URL says of the channel; header names are lower-case.

    `count` is how many the endpoint took before.
    """

    place: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SendAnswer:
    """What the provider answers, in JSON or without a body; `taken` is None where it refuses."""

    status: int
    fields: Mapping[str, object] | Sequence[Mapping[str, object]] | None
    taken: TakenMessage | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class PlayedSender(Protocol):
    """A provider that takes what Inlet sends, and posts receipts."""

    @property
    def NAME(self) -> str: ...

    @property
    def SEND_PATH(self) -> str:
        """Where it takes messages; `{place}` stands for what names the channel."""
        ...

    @property
    def RECEIPT_WORDS(self) -> Mapping[ReceiptStatus, str]:
        """What it reports of a message, each in its own word."""
        ...

    def place_of(self, channel: Channel) -> str:
        """Say what names the channel in the URL."""
        ...

    def take(self, posted: PostedSend, channels: Sequence[Channel]) -> SendAnswer:
        """Take a message of one of these channels, or refuse it as the provider would."""
        ...

    def compose_receipt(
        self, receipt: DeliveryReceipt, own_address: str, channel: Channel, url: str, now: datetime
    ) -> Delivery:
        """Write the request this provider would post for `receipt`, signed likewise.

        `own_address` is what the message left from.
        """
        ...


def recipient_of(receipt: DeliveryReceipt) -> str:
    """Name whom a receipt is about; one that names nobody is about Ann."""
    return receipt.recipients[0] if receipt.recipients else "ann@example.com"

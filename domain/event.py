"""An inbound event: one provider message or receipt taken from a verified delivery.

The dedup key is its identity within a channel. Knows nothing of queues and tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Literal

import msgspec

from domain.text import clean_text

EventKind = Literal["message", "receipt", "unreadable"]
SignatureResult = Literal["verified", "failed", "unchecked"]

# A body or a file that is larger goes by itself wherever it goes, to be in memory seldom.
LARGE_BYTES = 1 << 20

_LONGEST_ID = 255
_HEADERS = msgspec.json.Decoder(dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundEvent:
    """What `split` takes from a delivery; `body` is the event's own part of the bytes."""

    kind: EventKind
    provider_message_id: str | None
    dedup_key: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedContent:
    """What a provider kept of an event until it was asked for, byte for byte."""

    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedEvent:
    """A stored event in a worker's hands. `attempt` counts this try from 1.

    `is_settled` says that the message it stands for exists already, as in a replay. `traceparent`
    is the W3C trace context of the request that brought it, if that was traced. `headers_json` is
    decoded where it is asked for: few providers need it, and a batch has hundreds. `fetched` is
    None until its provider was asked for what it keeps.
    """

    customer_id: int
    id: str
    channel_id: str
    provider: str
    kind: EventKind
    dedup_key: str
    body: bytes
    content_type: str
    received_at: datetime
    attempt: int
    is_settled: bool
    headers_json: str = "{}"
    traceparent: str | None = None
    fetched: FetchedContent | None = None

    def without_content(self) -> "ClaimedEvent":
        """Return the event for whoever only has to name it."""
        return replace(self, body=b"", fetched=None)

    @property
    def size_bytes(self) -> int:
        """How much there is to read."""
        return len(self.body) + (len(self.fetched.body) if self.fetched else 0)

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of its delivery that are kept: names in lower case, no credentials."""
        return _HEADERS.decode(self.headers_json)


def message_event(provider_message_id: str, body: bytes) -> InboundEvent:
    """Make the event of one provider message."""
    identity = fit_id(provider_message_id)
    return InboundEvent(
        kind="message",
        provider_message_id=identity,
        dedup_key=f"message:{identity}",
        body=body,
    )


def receipt_event(
    provider_message_id: str, status: str, body: bytes, *, recipient: str | None = None
) -> InboundEvent:
    """Make the event of one delivery receipt; providers repeat the id for every status.

    Where a message has several recipients, and each a receipt of their own, it names its.
    """
    identity, word = fit_id(provider_message_id), status
    if recipient is not None:
        told = recipient.strip().lower().encode("utf-8", "replace")
        word = f"{word}:{sha256(told).hexdigest()[:32]}"
    return InboundEvent(
        kind="receipt",
        provider_message_id=identity,
        dedup_key=f"receipt:{identity}:{fit_id(word)}",
        body=body,
    )


def unreadable_event(body: bytes) -> InboundEvent:
    """Make the event of a delivery that nobody understands; the same bytes are one event."""
    return InboundEvent(
        kind="unreadable",
        provider_message_id=None,
        dedup_key=f"unreadable:{sha256(body).hexdigest()}",
        body=body,
    )


def fit_id(identity: str) -> str:
    """Keep a provider's id as it is unless an index could not hold it."""
    cleaned = clean_text(identity)
    if len(cleaned) <= _LONGEST_ID:
        return cleaned
    return "sha256:" + sha256(cleaned.encode()).hexdigest()

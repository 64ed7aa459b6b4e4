"""What became of the deliveries of one channel, and what its server has said to keep. Pure."""

from dataclasses import dataclass, field

from domain.channel import Channel, ChannelKind
from simulation.schedule import Planned
from simulation.sender import SendCounts
from simulation.summary import percentile_ms


@dataclass(slots=True, kw_only=True)
class ChannelCounts:
    """Counts of one channel; `messages` and `receipts` are the ids of those that were accepted.

    A text that comes in `parts` was accepted when the last of them was.
    """

    provider: str
    kind: ChannelKind
    counts: SendCounts = field(default_factory=SendCounts)
    messages: set[str] = field(default_factory=set[str])
    receipts: set[str] = field(default_factory=set[str])
    parts: dict[str, set[int]] = field(default_factory=dict[str, set[int]])

    @classmethod
    def of(cls, channel: Channel) -> "ChannelCounts":
        """Begin to count for a channel."""
        return cls(provider=channel.provider, kind=channel.kind)

    def accept(self, planned: Planned) -> None:
        """Remember what was accepted, however often it is."""
        what = planned.what
        identity = what.message.provider_message_id
        if what.receipt is not None:
            self.receipts.add(what.receipt.provider_message_id)
        elif what.part is None:
            self.messages.add(identity)
        else:
            whole = identity.rpartition("-")[0]
            numbers = self.parts.setdefault(whole, set())
            numbers.add(what.part.number)
            if len(numbers) == what.part.total:
                self.messages.add(whole)

    def figures(self) -> dict[str, object]:
        """Say how many were sent and accepted, and how long that took."""
        ordered = sorted(self.counts.latencies)
        return {
            "provider": self.provider,
            "kind": self.kind,
            "sent": self.counts.sent,
            "accepted": self.counts.accepted,
            "p50_ms": percentile_ms(ordered, 0.50),
            "p95_ms": percentile_ms(ordered, 0.95),
            "p99_ms": percentile_ms(ordered, 0.99),
        }

"""Counts what each channel took and refused, between two reports. Knows no database and no clock.

Called for every delivery: it only adds.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from domain.channel import Channel
from ingest import metrics
from store.channel_activity import ChannelActivity
from store.events import NewEvent


class _Counts:
    """One channel since the last report."""

    __slots__ = (
        "accepted", "customer_id", "duplicates", "last_accepted_at", "last_rejected_at",
        "last_rejected_reason", "rejected", "unreadable",
    )  # fmt: skip

    def __init__(self, customer_id: int) -> None:
        self.customer_id = customer_id
        self.accepted = self.duplicates = self.rejected = self.unreadable = 0
        self.last_accepted_at: datetime | None = None
        self.last_rejected_at: datetime | None = None
        self.last_rejected_reason: str | None = None


class ChannelCounts:
    """The counts of one process; the totals are those since its start."""

    def __init__(self) -> None:
        self.accepted_total = 0
        self.duplicates_total = 0
        self.rejected_total = 0
        self.unavailable_total = 0
        self._counts: dict[str, _Counts] = {}

    def accepted(self, channel: Channel, events: int, at: datetime) -> None:
        """Count a delivery that was answered with success."""
        counts = self._counts.get(channel.id) or self._begin(channel.id, channel.customer_id)
        counts.accepted += events
        counts.last_accepted_at = at
        self.accepted_total += events

    def rejected(self, channel: Channel, reason: str, at: datetime) -> None:
        """Count a delivery that was refused: its signature failed, or the channel is disabled."""
        counts = self._counts.get(channel.id) or self._begin(channel.id, channel.customer_id)
        counts.rejected += 1
        counts.last_rejected_at = at
        counts.last_rejected_reason = reason
        self.rejected_total += 1

    def unreadable(self, channel: Channel) -> None:
        """Count a delivery that nobody understood."""
        counts = self._counts.get(channel.id) or self._begin(channel.id, channel.customer_id)
        counts.unreadable += 1

    def unavailable(self) -> None:
        """Count a delivery that could not be kept."""
        self.unavailable_total += 1

    def recorded(self, events: Sequence[NewEvent], fresh: Mapping[str, int]) -> None:
        """Count the duplicates among events of which so many were new, by channel id."""
        known: dict[str, int] = {}
        for event in events:
            known[event.channel_id] = known.get(event.channel_id, 0) + 1
        customers = {event.channel_id: event.customer_id for event in events}
        for channel_id, count in known.items():
            duplicates = count - fresh.get(channel_id, 0)
            if duplicates:
                counts = self._counts.get(channel_id) or self._begin(
                    channel_id, customers[channel_id]
                )
                counts.duplicates += duplicates
                self.duplicates_total += duplicates
                metrics.DUPLICATES.inc(duplicates)

    def take(self, hour: datetime) -> list[ChannelActivity]:
        """Give what was counted, as of an hour, and begin anew."""
        taken, self._counts = self._counts, {}
        return [
            ChannelActivity(
                customer_id=counts.customer_id,
                channel_id=channel_id,
                hour=hour,
                accepted=counts.accepted,
                duplicates=counts.duplicates,
                rejected=counts.rejected,
                unreadable=counts.unreadable,
                last_accepted_at=counts.last_accepted_at,
                last_rejected_at=counts.last_rejected_at,
                last_rejected_reason=counts.last_rejected_reason,
            )
            for channel_id, counts in taken.items()
        ]

    def _begin(self, channel_id: str, customer_id: int) -> _Counts:
        counts = self._counts[channel_id] = _Counts(customer_id)
        return counts

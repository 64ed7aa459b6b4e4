"""The protocol of a provider that lists the messages that came in, whatever its webhooks did. Pure.

What it lists is an event as its webhook would have brought it: with the same dedup key, so that
each is there once. A request leads to events, to further requests, or to both.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from domain.channel import Channel
from domain.errors import Unreadable
from domain.event import InboundEvent
from domain.fetching_provider import FetchAnswer, FetchRequest, NotFetched, not_fetched
from domain.tolerant_json import split_field

# A header of an event that no webhook brought: the host that listed it.
LISTED_BY = "x-inlet-listed-by"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedEvent:
    """An event, and the number that it came to where the list is not of the channel's own alone."""

    event: InboundEvent
    own_address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What an answer holds. `single` are requests for one message each, by its dedup key.

    Those of messages that are there already need not be made; `further` are needed in any case.
    """

    events: Sequence[ListedEvent] = ()
    single: Mapping[str, FetchRequest] = field(default_factory=dict[str, FetchRequest])
    further: Sequence[FetchRequest] = ()


class ListingProvider(Protocol):
    """A provider that lists what came in. A module with these names is one."""

    @property
    def NAME(self) -> str: ...

    @property
    def LIST_HOSTS(self) -> re.Pattern[str]:
        """The hosts, in lower case, that may be asked; all of a name must match."""
        ...

    @property
    def LIST_WITHIN(self) -> timedelta | None:
        """How far back it lists; None where it names no limit."""
        ...

    @property
    def LISTS_ONCE(self) -> bool:
        """Whether what it has listed is never listed again: it must be kept at once."""
        ...

    def list_obstacle(self, channel: Channel) -> str | None:
        """Say what keeps it from listing what came to a channel that could send, or None."""
        ...

    def first_lists(self, channel: Channel, since: datetime) -> Sequence[FetchRequest]:
        """Say what to ask for first; the channel has account and credential."""
        ...

    def read_list(
        self, request: FetchRequest, answer: FetchAnswer, channel: Channel, since: datetime
    ) -> Listed | NotFetched:
        """Read the answer to a request. Never raises."""
        ...


NOT_UNDERSTOOD = NotFetched(
    error_class="list_not_understood",
    detail="the provider's list could not be understood",
    is_for_good=False,
)


def not_listed(answer: FetchAnswer) -> NotFetched:
    """Read an answer that is no list: a credential that is refused, or one that may pass."""
    if answer.status in (401, 403):
        return NotFetched(
            error_class="credential_refused",
            detail=f"the provider refuses the channel's credential (it answered {answer.status})",
            is_for_good=True,
        )
    return not_fetched(answer)


def listed_elements(answer: FetchAnswer, name: str) -> Sequence[bytes] | NotFetched:
    """Take the elements out of the list of this name, byte for byte, or say why there is none."""
    if answer.status != 200:
        return not_listed(answer)
    try:
        return split_field(answer.body, name)
    except Unreadable:
        return NOT_UNDERSTOOD

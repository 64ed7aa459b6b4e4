"""The protocol of a provider that can be asked for a message whose answer was lost. Pure.

It may have been sent: nobody sends it again, but somebody asks whether the provider has it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from domain.channel import Channel
from domain.fetching_provider import FetchAnswer, FetchRequest, NotFetched

# How long after the attempt, and after each answer that it is not there, is asked again. No
# provider says how soon its list has what it took.
LOOK_WAITS = (
    timedelta(minutes=2),
    timedelta(minutes=8),
    timedelta(minutes=20),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
)
# A provider that could not be asked is asked again so soon, and for so long.
AWAY_WAIT = timedelta(minutes=10)
AWAY_WITHIN = timedelta(hours=24)

_CLOCKS_DIFFER_BY = timedelta(minutes=2)
_TAKEN_WITHIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownSend:
    """A message that was written to its provider, when that began, and nothing that came back."""

    id: str
    own_address: str
    to: tuple[str, ...]
    body: str
    attempted_at: datetime

    @property
    def earliest(self) -> datetime:
        """Before this the provider cannot have taken it."""
        return self.attempted_at - _CLOCKS_DIFFER_BY

    @property
    def latest(self) -> datetime:
        """After this it can neither."""
        return self.attempted_at + _TAKEN_WITHIN

    def may_be_of(self, moment: datetime | None) -> bool:
        """Say whether the provider may have taken it then."""
        return moment is not None and self.earliest <= moment <= self.latest

    def has_text(self, text: str | None) -> bool:
        """Say whether it has this text, or none; how much white space there is does not matter."""
        return (text or "").split() == self.body.split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The provider has it, under one of these ids; the earliest first."""

    provider_message_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFound:
    """The provider does not list it, so far."""


LookUpStep = FetchRequest | Found | NotFound | NotFetched


class LookUpProvider(Protocol):
    """A provider that can be asked what it has sent. A module with these names is one."""

    @property
    def NAME(self) -> str: ...

    @property
    def LOOK_UP_HOSTS(self) -> re.Pattern[str]:
        """The hosts, in lower case, that may be asked; all of a name must match."""
        ...

    def look_up(
        self, send: UnknownSend, channel: Channel, answers: Sequence[FetchAnswer]
    ) -> LookUpStep:
        """Say what to ask for, after these answers, or what follows from them. Never raises."""
        ...


# This message is of those that the provider lists nowhere.
NO_LOOK_UP = NotFetched(
    error_class="no_look_up", detail="the provider lists no such messages", is_for_good=True
)


def found_or_not(ids: Sequence[str]) -> Found | NotFound:
    """Say what follows from the ids of all messages that may be it."""
    return Found(provider_message_ids=tuple(ids)) if ids else NotFound()


def cannot_tell(detail: str) -> NotFetched:
    """Say why what was answered tells neither."""
    return NotFetched(error_class="look_up_unclear", detail=detail, is_for_good=False)

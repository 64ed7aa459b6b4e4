"""The protocol of a provider that keeps a part of its events until it is asked for. Pure.

Its `read` answers FetchNeeded while `event.fetched` is None; then, in a job with a lease, requests
are made as this says, and the event is read again with what came of them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from domain.channel import Channel
from domain.event import ClaimedEvent, FetchedContent
from domain.outbound import Retry, not_accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRequest:
    """A GET to one of the provider's hosts, by https. Its headers may hold a credential."""

    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchAnswer:
    """What was answered; header names are lower-case. A redirect is an answer like others."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NotFetched:
    """The provider did not give it. It may later, unless `is_for_good`."""

    error_class: str
    detail: str
    is_for_good: bool
    after_seconds: float | None = None


FetchStep = FetchRequest | FetchedContent | NotFetched


class FetchingProvider(Protocol):
    """A provider that is asked for what it keeps. A module with these names is one."""

    @property
    def NAME(self) -> str: ...

    @property
    def FETCH_HOSTS(self) -> re.Pattern[str]:
        """The hosts, in lower case, that may be asked; all of a name must match."""
        ...

    @property
    def FETCH_WITHIN(self) -> timedelta:
        """For how long after the delivery the provider keeps it; then the event is given up."""
        ...

    def next_fetch(
        self,
        event: ClaimedEvent,
        channel: Channel,
        answers: Sequence[FetchAnswer],
        now: datetime,
    ) -> FetchStep:
        """Say what to ask for, after these answers, or what has come of them. Never raises.

        Some requests are signed with the time, which is `now`.
        """
        ...


def fetch_failed(detail: str) -> NotFetched:
    """Say why it could not be had; it is asked for again."""
    return NotFetched(error_class="fetch_failed", detail=detail, is_for_good=False)


def not_fetched(answer: FetchAnswer) -> NotFetched:
    """Read an answer that is no success: one that may pass, or one that will be the same again."""
    refused = not_accepted(answer.status, answer.headers, None, "")
    detail = f"the provider answered {answer.status}"
    if isinstance(refused, Retry):
        return NotFetched(
            error_class="fetch_failed",
            detail=detail,
            is_for_good=False,
            after_seconds=refused.after_seconds,
        )
    return NotFetched(error_class="fetch_refused", detail=detail, is_for_good=True)

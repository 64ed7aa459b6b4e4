"""Outgoing webhooks: the events that can be told, where they may be posted, when it is given up.

An event has the name that the change list has, and a version of its payload. Pure.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, get_args
from urllib.parse import urlsplit

from domain.retry import LONGEST_WAIT, RetryPolicy, wait_before_next
from domain.sealing import SealedPlace

MessageEventType: TypeAlias = Literal[
    "message.received.v1", "message.queued.v1", "message.updated.v1"
]
StatusEventType: TypeAlias = Literal["message.status.v1"]
ConversationEventType: TypeAlias = Literal[
    "conversation.created.v1",
    "conversation.updated.v1",
    "conversation.merged.v1",
    "conversation.split.v1",
]
ContactEventType: TypeAlias = Literal[
    "contact.updated.v1", "contact.merged.v1", "suppression.added.v1", "suppression.lifted.v1"
]
NoteEventType: TypeAlias = Literal["note.created.v1"]
HookEventType: TypeAlias = Literal[
    MessageEventType, StatusEventType, ConversationEventType, ContactEventType, NoteEventType
]
MESSAGE_STATUS = "message.status.v1"
PING = "ping.v1"
CONVERSATION_CREATED = "conversation.created.v1"
DisabledReason = Literal["by_hand", "failing", "gone", "restored"]
DeliveryStatus = Literal["pending", "delivered", "failed"]

EVENT_TYPES: tuple[str, ...] = get_args(HookEventType)
# What the outbox calls them; what is not here is told to nobody outside.
EVENT_OF_CHANGE: Mapping[str, str] = {name.removesuffix(".v1"): name for name in EVENT_TYPES}

TRIED_FOR = timedelta(days=3)
# The last attempt at an event is within an hour of its end, the first a while after it happened.
FAILING_FOR = TRIED_FOR - timedelta(hours=2)
TOO_LARGE = "too_large"  # no other attempt would change that, so it is given up at once
OLD_SECRET_LASTS = timedelta(days=1)
MOST_HOOKS = 50
LONGEST_URL = 2_000
_FIRST_WAIT_MS = 5_000
_LATER_THAN_ASKED = 0.1  # at most; so that what was put off together does not return together


def secrets_place(customer_id: int, hook_id: str) -> SealedPlace:
    """Say where the secrets of a hook lie."""
    return SealedPlace(customer_id=customer_id, holder_id=hook_id, column="hook_secrets")


def may_be_posted_to(url: str, private_hosts: Collection[str]) -> bool:
    """Say whether a URL is by https, or at one of the places that may be anywhere (`HOST:PORT`)."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"https": 443, "http": 80}.get(parts.scheme, 0)
    except ValueError:
        return False
    is_plain = bool(parts.hostname) and parts.username is None and not parts.fragment
    is_written = len(url) <= LONGEST_URL and url.isascii() and url.isprintable() and " " not in url
    if not is_plain or not is_written or parts.scheme not in ("https", "http"):
        return False
    is_exempt = f"{parts.hostname}:{port}" in private_hosts
    return is_exempt or (parts.scheme == "https" and port == 443)


def wait_after_failure(
    attempt: int, queued_at: datetime, now: datetime, random: float, asked: timedelta | None = None
) -> timedelta | None:
    """Say how long a delivery waits after an attempt that failed; None to give it up.

    It waits no shorter than the receiver asked for, but for what is beyond the longest wait.
    """
    policy = RetryPolicy(max_retries=attempt, backoff_base_ms=_FIRST_WAIT_MS)
    wait = wait_before_next(policy, attempt, random) or LONGEST_WAIT
    if asked is not None:
        wait = max(wait, min(asked, LONGEST_WAIT) * (1 + random * _LATER_THAN_ASKED))
    return None if now + wait > queued_at + TRIED_FOR else wait

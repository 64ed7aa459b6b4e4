"""What a person may change of a conversation, and what that comes to. Pure.

Values are set, never toggled: asking for what is there already changes nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, Literal

from domain.conversation import ConversationStatus
from domain.errors import VersionMismatch, invalid_field, wrong_field
from domain.text import is_one_line

LONGEST_SUBJECT = 998
LONGEST_SNOOZE = timedelta(days=3653)


class _Unchanged(Enum):
    UNCHANGED = "unchanged"


UNCHANGED: Final = _Unchanged.UNCHANGED
Unchanged = Literal[_Unchanged.UNCHANGED]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """How a conversation is being handled, as far as people decide it."""

    status: ConversationStatus
    closed_at: datetime | None
    snoozed_until: datetime | None
    assignee_id: str | None
    subject: str | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedHandling:
    """What somebody asks for; `version` and `only_if_unassigned` are what it depends on."""

    status: ConversationStatus | Unchanged = UNCHANGED
    assignee_id: str | Unchanged | None = UNCHANGED
    snoozed_until: datetime | Unchanged | None = UNCHANGED
    subject: str | Unchanged | None = UNCHANGED
    version: int | None = None
    only_if_unassigned: bool = False


def check_wanted(wanted: WantedHandling, now: datetime) -> None:
    """Check what can be checked without the conversation.

    Raises: ValidationFailed.
    """
    until = wanted.snoozed_until
    if isinstance(until, datetime):
        if wanted.status not in (UNCHANGED, "snoozed"):
            raise wrong_field(
                "snoozed_until", "invalid", "snoozed_until goes with the status snoozed"
            )
        if not now < until <= now + LONGEST_SNOOZE:
            raise invalid_field("snoozed_until", "invalid", "in the next ten years")
    elif until is None and wanted.status == "snoozed":
        raise invalid_field("snoozed_until", "invalid", "a time where the status is snoozed")
    if isinstance(wanted.subject, str) and not is_one_line(wanted.subject, LONGEST_SUBJECT):
        raise invalid_field("subject", "invalid", f"one line of 1 to {LONGEST_SUBJECT} characters")


def changed_handling(before: Handling, wanted: WantedHandling, now: datetime) -> Handling:
    """Return the conversation as it is to be; the same where nothing changes.

    Raises: VersionMismatch, ValidationFailed.
    """
    check_version(wanted.version, before.version)
    after = _with_status(before, wanted, now)
    if wanted.assignee_id is not UNCHANGED:
        after = replace(after, assignee_id=wanted.assignee_id)
    if wanted.subject is not UNCHANGED:
        after = replace(after, subject=wanted.subject)
    return after if after == before else replace(after, version=before.version + 1)


def check_version(wanted: int | None, current: int) -> None:
    """Check that nothing has changed since the version that somebody saw; None saw none.

    Raises: VersionMismatch.
    """
    if wanted not in (None, current):
        raise VersionMismatch(f"version {wanted} was asked for, and it is {current} now")


def is_taken(before: Handling, wanted: WantedHandling) -> bool:
    """Say whether somebody else has a conversation that was asked for only if nobody has it."""
    return wanted.only_if_unassigned and before.assignee_id not in (None, wanted.assignee_id)


def _with_status(before: Handling, wanted: WantedHandling, now: datetime) -> Handling:
    """Bring status and both of its times together, as the table demands of them."""
    until = before.snoozed_until if wanted.snoozed_until is UNCHANGED else wanted.snoozed_until
    status = before.status if wanted.status is UNCHANGED else wanted.status
    if isinstance(wanted.snoozed_until, datetime):
        status = "snoozed"
    elif wanted.snoozed_until is None and status == "snoozed":
        status = "open"
    if status != "snoozed":
        until = None
    elif until is None:
        raise wrong_field("snoozed_until", "invalid", "snoozed_until must say when it opens again")
    closed_at = (before.closed_at or now) if status == "closed" else None
    return replace(before, status=status, snoozed_until=until, closed_at=closed_at)

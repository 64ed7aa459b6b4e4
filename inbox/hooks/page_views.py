"""How a hook, what it was told and what it answered are written on the pages. Knows no request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.hook import DisabledReason
from inbox.operations.page_format import Instant, counted, instant, instant_or_none, plain_word
from inbox.operations.page_views import Notice, Tag
from inbox.page.display_format import Clock
from store.hook_deliveries import MOST_WAITING, ListedDelivery, NumberedAttempt
from store.hooks import StoredHook

HOOKS = "/ops/hooks"
DELIVERIES = "/ops/hook-deliveries"
STATUS_WORDS: Mapping[str, Tag] = {
    "pending": Tag(word="Waiting", tone="busy"),
    "delivered": Tag(word="Delivered", tone="ok"),
    "failed": Tag(word="Given up", tone="fail"),
}
_DISABLED: Mapping[DisabledReason, tuple[str, str]] = {
    "by_hand": ("Switched off", "Somebody switched it off."),
    "failing": (
        "Disabled: failing",
        "Inlet disabled it: for three days nothing could be delivered. Look at the answers below, "
        "mend the receiver, then switch it on.",
    ),
    "gone": (
        "Disabled: gone",
        "Inlet disabled it: the receiver answered 410, so nobody is there any more. Switch it on "
        "when somebody is.",
    ),
    "restored": (
        "Disabled: restored",
        "The database was restored on another server, and a copy tells nobody anything by itself. "
        "Switch it on where this server takes the place of the other.",
    ),
}
_KEPT = "What waits is kept for 30 days; what happens while it is off is told to nobody."
# What a failure is called, as people say it.
_ERRORS = {
    "refused": "The receiver did not answer 2xx",
    "no_answer": "No answer in time",
    "unreachable": "No connection",
    "broken_off": "The connection broke off",
    "address_not_allowed": "The address is private, or not allowed",
    "sealed": "The secret cannot be opened",
    "gone": "What it is about was deleted meanwhile",
    "disabled": "The hook was off for too long",
    "broke": "Inlet failed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HookRow:
    """One hook in the list."""

    href: str
    url: str
    types: str
    channel: str
    state: Tag
    since: Instant | None
    waiting: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """One event in the log of a hook."""

    href: str
    type: str
    told: str
    happened: Instant
    status: Tag
    attempts: str
    why: str
    next: Instant | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """One try at posting an event, with what came back."""

    attempt: int
    began: Instant
    took: str
    status: Tag
    why: str
    answer: str


def hook_row(hook: StoredHook, waiting: int, channel: str, clock: Clock) -> HookRow:
    """Write a hook as a row of the list."""
    count = counted(waiting, "event") if waiting else ""
    return HookRow(
        href=f"{HOOKS}/{hook.id}",
        url=hook.url,
        types=", ".join(hook.types),
        channel=channel,
        state=state_of(hook),
        since=instant_or_none(hook.disabled_at or hook.failing_since, clock),
        waiting=f"{count} or more" if waiting == MOST_WAITING else count,
    )


def state_of(hook: StoredHook) -> Tag:
    """Say in a word how a hook is."""
    if hook.disabled_reason:
        tone = "idle" if hook.disabled_reason == "by_hand" else "fail"
        return Tag(word=_DISABLED[hook.disabled_reason][0], tone=tone)
    if hook.failing_since:
        return Tag(word="Failing", tone="warn")
    return Tag(word="On", tone="ok")


def note_of(hook: StoredHook, clock: Clock) -> Notice | None:
    """Say what is wrong with a hook, and what to do about it."""
    if hook.disabled_reason:
        text = f"{_DISABLED[hook.disabled_reason][1]} {_KEPT}"
        tone = "plain" if hook.disabled_reason == "by_hand" else "fail"
        return Notice(text=text, tone=tone, href=f"{HOOKS}/{hook.id}/enable", link="Switch it on…")
    until = hook.left_alone_until
    if until and until > clock.now:
        at = instant(until, clock)
        return Notice(
            text=f"The receiver asked to be left alone until {at.stamp} (Retry-After).", tone="warn"
        )
    if hook.failing_since:
        at = instant(hook.failing_since, clock)
        return Notice(
            text=f"Every attempt since {at.stamp} failed. Each event is tried for three days; the "
            "answers stand with it.",
            tone="warn",
        )
    return None


def delivery_row(row: ListedDelivery, hook: StoredHook, clock: Clock) -> DeliveryRow:
    """Write an event as a row of the log; what waits for a hook that is off is not due."""
    return DeliveryRow(
        href=f"{DELIVERIES}/{row.id}",
        type=row.type,
        told=plain_word(row.message_status) if row.message_status else "",
        happened=instant(row.happened_at, clock),
        status=STATUS_WORDS[row.status],
        attempts=counted(row.attempt_count, "attempt"),
        why=error_words(row.error_class),
        next=None if hook.disabled_at else instant_or_none(row.next_attempt_at, clock),
    )


def attempt_rows(attempts: Sequence[NumberedAttempt], clock: Clock) -> list[AttemptRow]:
    """Write the tries at an event, the latest first."""
    return [
        AttemptRow(
            attempt=attempt.attempt,
            began=instant(attempt.began_at, clock),
            took=f"{attempt.duration_ms} ms",
            status=Tag(
                word=str(attempt.http_status or "No answer"),
                tone="fail" if attempt.error_class else "ok",
            ),
            why=error_words(attempt.error_class),
            answer=attempt.answer,
        )
        for attempt in attempts
    ]


def error_words(error_class: str | None) -> str:
    """Say a failure in words."""
    return _ERRORS.get(error_class, error_class) if error_class else ""

"""Which index a listing of conversations reads, and how far at first. Knows no statement."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, get_args

from domain.conversation import ConversationStatus
from store.conversation_filter import ConversationFilter, ResolvedFilter
from store.position import FIRST_TIME

Source = Literal["activity", "needing_reply", "channel", "agent", "nobody", "set", "given"]

_STATUSES: tuple[ConversationStatus, ...] = get_args(ConversationStatus)
_AT_WORK: Sequence[ConversationStatus] = ("open", "pending")

# Measured among a million conversations: sorting a set costs 4 us for each of its conversations,
# looking whether one of the latest matches 2 us, or 0.1 us if the set is hashed first.
_FEW = 1_500
_FEW_IN_COMMON = 10_000
HASHABLE = 28_000
FIRST_WINDOW = 400
_LATEST_WINDOW = 4_000
WIDEST_WINDOW = 40_000
UNBOUNDED = 1 << 40


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchSet:
    """All conversations of some addresses, or with all of some tags. `count` is at most theirs."""

    count: int
    hashes: Sequence[int] = ()
    tags: Sequence[str] = ()

    @property
    def is_hashable(self) -> bool:
        """Whether it fits in memory; what several tags share is mostly little."""
        return len(self.tags) > 1 or self.count < HASHABLE

    @property
    def is_small(self) -> bool:
        """Whether sorting all of it is cheap."""
        return self.count <= (_FEW_IN_COMMON if len(self.tags) > 1 else _FEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """Which index to read and what to look for. A `pure` source gives nothing but matches."""

    source: Source
    is_pure: bool
    statuses: Sequence[ConversationStatus]
    from_at: datetime
    wanted: ConversationFilter
    channel_ids: list[str] | None = None
    address_hashes: list[int] | None = None
    contact_hashes: list[int] | None = None
    smallest: MatchSet | None = None
    given_ids: Sequence[str] = ()
    undecided_ids: list[str] | None = None

    @property
    def is_hashed(self) -> bool:
        """Whether to look up the smallest set in memory."""
        reads_an_index = self.source not in ("set", "given")
        return reads_an_index and self.smallest is not None and self.smallest.is_hashable


def plan_scan(wanted: ConversationFilter, resolved: ResolvedFilter | None) -> Scan | None:
    """Choose the index to read; None where nothing can match."""
    statuses: Sequence[ConversationStatus] = wanted.statuses or _STATUSES
    if wanted.needs_reply or wanted.unread:
        statuses = tuple(status for status in _AT_WORK if status in statuses)
    scan = Scan(
        source="activity",
        is_pure=False,
        statuses=statuses,
        from_at=wanted.active_after or FIRST_TIME,
        wanted=wanted,
        channel_ids=[wanted.channel_id] if wanted.channel_id else None,
    )
    if resolved:
        scan = _with_resolved(scan, resolved)
    if not statuses or scan.channel_ids == [] or (scan.smallest and not scan.smallest.count):
        return None
    if scan.smallest and scan.smallest.is_small:
        return replace(scan, source="set")
    return _choose_source(scan)


def _with_resolved(scan: Scan, resolved: ResolvedFilter) -> Scan:
    wanted = scan.wanted
    sets = [MatchSet(count=min(resolved.tag_counts), tags=wanted.tags)] if wanted.tags else []
    if wanted.channel_kind:
        scan = replace(scan, channel_ids=resolved.channel_ids)
    if wanted.addresses and resolved.is_own:
        scan = replace(scan, channel_ids=resolved.own_channel_ids)
    elif wanted.addresses:
        scan = replace(scan, address_hashes=resolved.address_hashes)
        sets.append(MatchSet(count=resolved.address_count, hashes=resolved.address_hashes))
    if wanted.contact_id:
        scan = replace(scan, contact_hashes=resolved.contact_hashes)
        sets.append(MatchSet(count=resolved.contact_count, hashes=resolved.contact_hashes))
    return replace(scan, smallest=min(sets, key=lambda match_set: match_set.count, default=None))


def _choose_source(scan: Scan) -> Scan:
    """Choose the ordered source that leaves out most; it is pure if it leaves out all the rest."""
    wanted = scan.wanted
    is_narrow = scan.smallest is not None or wanted.unread is not None
    if wanted.assignee_id:
        source: Source = "nobody" if wanted.assignee_id == "none" else "agent"
        is_pure = scan.channel_ids is None and wanted.needs_reply is None
    elif wanted.needs_reply:
        source = "needing_reply"
        is_pure = scan.channel_ids is None and set(_AT_WORK) <= set(scan.statuses)
    elif scan.channel_ids is not None or len(scan.statuses) < len(_STATUSES):
        source = "channel"
        is_pure = wanted.needs_reply is None
    else:
        source = "activity"
        is_pure = wanted.needs_reply is None
    return replace(scan, source=source, is_pure=is_pure and not is_narrow)


def first_scan(scan: Scan, limit: int) -> tuple[Scan, int]:
    """Choose what to read first, and how far.

    What is unread is mostly among the latest: they are one range, the rest is a merge of many.
    """
    if scan.wanted.unread and scan.source == "channel" and scan.channel_ids is None:
        return replace(scan, source="activity"), _LATEST_WINDOW
    return scan, _first_window(scan, limit)


def _first_window(scan: Scan, limit: int) -> int:
    """Begin with what is likely to do; a range of one index is read only as far as is needed."""
    if scan.source == "set":
        return UNBOUNDED
    if scan.is_pure:
        return limit + 1
    if scan.source in ("activity", "needing_reply"):
        return WIDEST_WINDOW if scan.is_hashed else _LATEST_WINDOW
    return FIRST_WINDOW

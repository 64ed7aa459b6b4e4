"""The places of conversations in a list, under any filters, in keyset order.

Every walk names the customer and reads a range of the index that fits best, window by window, until
the page is full or it has looked at enough: so a page costs the same among a million conversations
as among a thousand. Knows no column that is only shown.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, get_args

from psycopg.rows import class_row

from domain.address import Address
from domain.channel import ChannelKind
from domain.conversation import ConversationStatus
from store.database import Connection
from store.sql import statements

_SQL = statements("lists")
_WALK = _SQL["walk"]
_FIND_REACH = _SQL["find_reach"]

_Source = Literal["activity", "needing_reply", "channel", "agent", "nobody", "set", "given"]

_STATUSES: tuple[ConversationStatus, ...] = get_args(ConversationStatus)
_AT_WORK: Sequence[ConversationStatus] = ("open", "pending")
_FIRST_ID = "00000000-0000-0000-0000-000000000000"
_LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff"
_FIRST_TIME = datetime.min.replace(tzinfo=UTC)
_LAST_TIME = datetime.max.replace(tzinfo=UTC)

# Measured among a million conversations: sorting a set costs 4 us for each of its conversations,
# looking whether one of the latest matches 2 us, or 0.1 us if the set is hashed first.
_FEW = 1_500
_FEW_IN_COMMON = 10_000
_HASHABLE = 28_000
_FIRST_WINDOW = 400
_LATEST_WINDOW = 4_000
_GROWTH = 10
_WIDEST_WINDOW = 40_000
_MOST_LOOKED_AT = 100_000
_ALL = 1 << 40


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a list: rows are ordered by time, then id."""

    at: datetime
    id: str


START = Position(_FIRST_TIME, _FIRST_ID)
END = Position(_LAST_TIME, _LAST_ID)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationFilter:
    """What a conversation must match; None and empty match all.

    `addresses` are the readings of one text, of which any may match; of `tags`, all must.
    `assignee_id` is an agent, or "none" for nobody. `unread` is so for `viewer_id`. `active_after`
    is inclusive, `active_before` is not.
    """

    channel_id: str | None = None
    channel_kind: ChannelKind | None = None
    statuses: tuple[ConversationStatus, ...] = ()
    assignee_id: str | None = None
    viewer_id: str | None = None
    unread: bool | None = None
    needs_reply: bool | None = None
    tags: tuple[str, ...] = ()
    contact_id: str | None = None
    addresses: tuple[Address, ...] = ()
    active_after: datetime | None = None
    active_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPage:
    """The conversations of a page in order, and where the next one begins; None on the last.

    A page may be short of its limit, even empty, though there is a next one.
    """

    keys: list[Position]
    next: Position | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reach:
    """What filters mean to a customer."""

    channel_ids: list[str]
    own_channel_ids: list[str]
    is_own: bool
    address_hashes: list[int]
    address_count: int
    contact_hashes: list[int]
    contact_count: int
    tag_counts: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Set:
    """All conversations of some addresses, or with all of some tags. `count` is at most theirs."""

    count: int
    hashes: Sequence[int] = ()
    tags: Sequence[str] = ()

    @property
    def is_hashable(self) -> bool:
        """Whether it fits in memory; what several tags share is mostly little."""
        return len(self.tags) > 1 or self.count < _HASHABLE

    @property
    def is_small(self) -> bool:
        """Whether sorting all of it is cheap."""
        return self.count <= (_FEW_IN_COMMON if len(self.tags) > 1 else _FEW)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """What to walk along and what to look for. A `pure` source gives nothing but matches."""

    source: _Source
    is_pure: bool
    statuses: Sequence[ConversationStatus]
    from_at: datetime
    wanted: ConversationFilter
    channel_ids: list[str] | None = None
    address_hashes: list[int] | None = None
    contact_hashes: list[int] | None = None
    smallest: _Set | None = None
    given_ids: Sequence[str] = ()

    @property
    def is_hashed(self) -> bool:
        """Whether to look up the smallest set in memory."""
        is_along_an_index = self.source not in ("set", "given")
        return is_along_an_index and self.smallest is not None and self.smallest.is_hashable


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    id: str
    at: datetime
    place: int
    is_match: bool


async def list_keys(
    conn: Connection,
    customer_id: int,
    wanted: ConversationFilter,
    *,
    after: Position | None,
    limit: int,
) -> KeyPage:
    """List which conversations come after a position, latest activity first."""
    reach = await _find_reach(conn, customer_id, wanted) if _needs_reach(wanted) else None
    walk = _plan(wanted, reach)
    if walk is None:
        return KeyPage(keys=[], next=None)
    return await _go(conn, customer_id, walk, _before(wanted, after), limit)


async def keep_matching(
    conn: Connection, customer_id: int, wanted: ConversationFilter, ids: Sequence[str]
) -> set[str]:
    """Find which of some conversations match a filter."""
    reach = await _find_reach(conn, customer_id, wanted) if _needs_reach(wanted) else None
    walk = _plan(wanted, reach)
    if walk is None or not ids:
        return set()
    given = replace(walk, source="given", given_ids=ids)
    bound = _before(wanted, None)
    seen = await _look(conn, customer_id, given, bound, len(ids) + 1, len(ids) + 1)
    return {one.id for one in seen if one.is_match}


def _plan(wanted: ConversationFilter, reach: _Reach | None) -> _Walk | None:
    """Choose the index to walk along; None where nothing can match."""
    statuses: Sequence[ConversationStatus] = wanted.statuses or _STATUSES
    if wanted.needs_reply or wanted.unread:
        statuses = tuple(one for one in _AT_WORK if one in statuses)
    walk = _Walk(
        source="activity",
        is_pure=False,
        statuses=statuses,
        from_at=wanted.active_after or _FIRST_TIME,
        wanted=wanted,
        channel_ids=[wanted.channel_id] if wanted.channel_id else None,
    )
    if reach:
        walk = _reaching(walk, reach)
    if not statuses or walk.channel_ids == [] or (walk.smallest and not walk.smallest.count):
        return None
    if walk.smallest and walk.smallest.is_small:
        return replace(walk, source="set")
    return _along(walk)


def _before(wanted: ConversationFilter, after: Position | None) -> Position:
    """Fold the cursor and the time bound into one: an index scan can start at only one of them."""
    bound = Position(wanted.active_before, _FIRST_ID) if wanted.active_before else END
    return min(after, bound) if after else bound


def _needs_reach(wanted: ConversationFilter) -> bool:
    return bool(wanted.channel_kind or wanted.addresses or wanted.contact_id or wanted.tags)


def _reaching(walk: _Walk, reach: _Reach) -> _Walk:
    wanted = walk.wanted
    sets = [_Set(count=min(reach.tag_counts), tags=wanted.tags)] if wanted.tags else []
    if wanted.channel_kind:
        walk = replace(walk, channel_ids=reach.channel_ids)
    if wanted.addresses and reach.is_own:
        walk = replace(walk, channel_ids=reach.own_channel_ids)
    elif wanted.addresses:
        walk = replace(walk, address_hashes=reach.address_hashes)
        sets.append(_Set(count=reach.address_count, hashes=reach.address_hashes))
    if wanted.contact_id:
        walk = replace(walk, contact_hashes=reach.contact_hashes)
        sets.append(_Set(count=reach.contact_count, hashes=reach.contact_hashes))
    return replace(walk, smallest=min(sets, key=lambda one: one.count, default=None))


def _along(walk: _Walk) -> _Walk:
    """Choose the ordered source that leaves out most; it is pure if it leaves out all the rest."""
    wanted = walk.wanted
    is_narrow = walk.smallest is not None or wanted.unread is not None
    if wanted.assignee_id:
        source: _Source = "nobody" if wanted.assignee_id == "none" else "agent"
        is_pure = walk.channel_ids is None and wanted.needs_reply is None
    elif wanted.needs_reply:
        source = "needing_reply"
        is_pure = walk.channel_ids is None and set(_AT_WORK) <= set(walk.statuses)
    elif walk.channel_ids is not None or len(walk.statuses) < len(_STATUSES):
        source = "channel"
        is_pure = wanted.needs_reply is None
    else:
        source = "activity"
        is_pure = wanted.needs_reply is None
    return replace(walk, source=source, is_pure=is_pure and not is_narrow)


async def _go(
    conn: Connection, customer_id: int, walk: _Walk, before: Position, limit: int
) -> KeyPage:
    """Walk on, in ever wider windows, until there is one key too many."""
    keys: list[Position] = []
    looked_at = 0
    along, window = _begin(walk, limit)
    while True:
        seen = await _look(conn, customer_id, along, before, window, limit + 1 - len(keys))
        keys += [Position(one.at, one.id) for one in seen if one.is_match]
        if len(keys) > limit:
            return KeyPage(keys=keys[:limit], next=keys[limit - 1])
        if not seen or seen[-1].place < window:
            return KeyPage(keys=keys, next=None)
        before = Position(seen[-1].at, seen[-1].id)
        looked_at += window
        if looked_at >= _WIDEST_WINDOW and walk.smallest and walk.smallest.is_hashable:
            along, window = replace(walk, source="set"), _ALL
        elif looked_at >= _MOST_LOOKED_AT:
            return KeyPage(keys=keys, next=before)
        elif along is not walk:
            along, window = walk, _FIRST_WINDOW
        else:
            found = sum(one.is_match for one in seen)
            window = _next_window(window, found, limit + 1 - len(keys))


def _begin(walk: _Walk, limit: int) -> tuple[_Walk, int]:
    """Choose what to walk along first, and how far.

    What is unread is mostly among the latest: they are one range, the rest is a merge of many.
    """
    if walk.wanted.unread and walk.source == "channel" and walk.channel_ids is None:
        return replace(walk, source="activity"), _LATEST_WINDOW
    return walk, _first_window(walk, limit)


def _first_window(walk: _Walk, limit: int) -> int:
    """Begin with what is likely to do; a range of one index is read only as far as is needed."""
    if walk.source == "set":
        return _ALL
    if walk.is_pure:
        return limit + 1
    if walk.source in ("activity", "needing_reply"):
        return _WIDEST_WINDOW if walk.is_hashed else _LATEST_WINDOW
    return _FIRST_WINDOW


def _next_window(window: int, found: int, missing: int) -> int:
    """Look as far as should be enough, going by what the last window gave."""
    expected = window * missing * 3 // (found * 2) if found else window * _GROWTH
    return max(window, min(expected, window * _GROWTH, _WIDEST_WINDOW))


async def _look(
    conn: Connection,
    customer_id: int,
    walk: _Walk,
    before: Position,
    window: int,
    row_count: int,
) -> list[_Seen]:
    wanted, smallest = walk.wanted, walk.smallest
    is_nobody = wanted.assignee_id == "none"
    cursor = conn.cursor(row_factory=class_row(_Seen))
    await cursor.execute(
        _WALK,
        {
            "customer_id": customer_id,
            "source": walk.source,
            "before_at": before.at,
            "before_id": before.id,
            "from_at": walk.from_at,
            "window": window,
            "row_count": row_count,
            "statuses": list(walk.statuses),
            "channel_ids": walk.channel_ids,
            "is_assignee_asked": wanted.assignee_id is not None,
            "assignee_id": None if is_nobody else wanted.assignee_id,
            "needs_reply": wanted.needs_reply,
            "unread": wanted.unread,
            "viewer_id": wanted.viewer_id,
            "tags": list(wanted.tags) or None,
            "address_hashes": walk.address_hashes,
            "contact_hashes": walk.contact_hashes,
            "is_hashed": walk.is_hashed,
            "given_ids": list(walk.given_ids),
            "set_hashes": list(smallest.hashes) if smallest else [],
            "set_tag": smallest.tags[0] if smallest and len(smallest.tags) == 1 else None,
            "set_tags": list(smallest.tags) if smallest and len(smallest.tags) > 1 else [],
        },
    )
    return await cursor.fetchall()


async def _find_reach(conn: Connection, customer_id: int, wanted: ConversationFilter) -> _Reach:
    cursor = conn.cursor(row_factory=class_row(_Reach))
    await cursor.execute(
        _FIND_REACH,
        {
            "customer_id": customer_id,
            "channel_id": wanted.channel_id,
            "channel_kind": wanted.channel_kind,
            "contact_id": wanted.contact_id,
            "tags": list(wanted.tags),
            "most": _HASHABLE,
            **_written(wanted.addresses),
        },
    )
    return (await cursor.fetchall())[0]


def _written(addresses: Iterable[Address]) -> dict[str, list[str]]:
    listed = list(addresses)
    return {
        "kinds": [address.kind for address in listed],
        "values": [address.value for address in listed],
    }

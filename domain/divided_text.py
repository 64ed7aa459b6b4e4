"""A text that comes in parts: which parts belong together, and what they say. Pure.

A reference of parts is one or two bytes and soon used again (3GPP TS 23.040 section 9.2.3.24.1),
so parts belong together only within some minutes, and never twice with one number.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

# Vonage posts again what was not taken, after 5 s, then twice that, and so on: the seventh time is
# 315 s after the first. Source: https://api.support.vonage.com/hc/en-us/articles/360028543292
PARTS_WITHIN: Final = timedelta(minutes=6)
MOST_PARTS: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingPart:
    """A part that is in no message yet. `is_due`: it has waited for the others long enough."""

    event_id: str
    number: int
    total: int
    received_at: datetime
    is_due: bool


@dataclass(slots=True)
class PartGroup:
    """Parts of one text, by their numbers."""

    total: int
    began_at: datetime
    parts: dict[int, WaitingPart]

    @property
    def is_ready(self) -> bool:
        """Whether it becomes a message now: all is there, or has been waited for."""
        return len(self.parts) == self.total or any(part.is_due for part in self.parts.values())


def group_parts(parts: Iterable[WaitingPart]) -> Sequence[PartGroup]:
    """Put parts that share a reference and a total into groups, in the order they came in."""
    groups: list[PartGroup] = []
    next_group: dict[int, int] = {}
    for part in sorted(parts, key=_arrival):
        nth = next_group.get(part.number, 0)
        while nth < len(groups) and part.received_at - groups[nth].began_at > PARTS_WITHIN:
            nth += 1
        if nth == len(groups):
            groups.append(PartGroup(part.total, part.received_at, {}))
        groups[nth].parts[part.number] = part
        next_group[part.number] = nth + 1
    return groups


def joined_text(texts: Mapping[int, str], total: int) -> str:
    """Write what the parts say, and which are missing."""
    pieces: list[str] = []
    for is_there, run in groupby(range(1, total + 1), texts.__contains__):
        numbers = list(run)
        if is_there:
            pieces.append("".join(texts[number] for number in numbers))
        else:
            pieces.append(_missing(numbers[0], numbers[-1], total))
    return "\n".join(pieces)


def _missing(first: int, last: int, total: int) -> str:
    if first == last:
        return f"[part {first} of {total} missing]"
    return f"[parts {first} to {last} of {total} missing]"


def _arrival(part: WaitingPart) -> tuple[datetime, str]:
    return part.received_at, part.event_id

"""Writes what is taken of many rows, and finds those that are not, by halves. Knows no row."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

Row = TypeVar("Row")
Split = Callable[[Exception, Sequence[Row]], tuple[Sequence[Row], Sequence[Sequence[Row]]]]


async def write_by_halves(
    rows: Sequence[Row],
    write: Callable[[Sequence[Row]], Awaitable[None]],
    refuse: Callable[[Sequence[Row], Exception], Awaitable[None]],
    split: Split[Row],
) -> None:
    """Write all rows; where that fails, refuse some and write the rest in parts, as `split` says.

    `split` returns the rows to refuse and the parts to try next, in order. Raises: what it raises.
    """
    waiting = [rows]
    while waiting:
        part = waiting.pop()
        if not part:
            continue
        try:
            await write(part)
        except Exception as error:
            refused, parts = split(error, part)
            await refuse(refused, error)
            waiting += reversed(parts)


def halves(rows: Sequence[Row]) -> tuple[Sequence[Row], Sequence[Sequence[Row]]]:
    """Split rows in two, or name the one that is left."""
    if len(rows) == 1:
        return rows, []
    middle = len(rows) // 2
    return [], [rows[:middle], rows[middle:]]

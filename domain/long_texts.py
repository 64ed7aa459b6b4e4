"""Where long texts are worked on, without knowing what is done or who would have to wait for it.

A megabyte takes up to seconds of computing, in which nothing else in the same process gets far.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar, TypeVarTuple

T = TypeVar("T")
Given = TypeVarTuple("Given")


class TextNotWorkedOn(Exception):
    """Nothing was made of a text: what was called failed, or its process died of it."""


class LongTexts(Protocol):
    """Somebody who sees to it that others need not wait."""

    async def work_on(self, length: int, function: Callable[[*Given], T], *given: *Given) -> T:
        """Call a function that reads a text of so many characters.

        It may be called elsewhere: it is one of a module, and what goes in can be hashed.
        Raises: TextNotWorkedOn, where it is called elsewhere.
        """
        ...


class InPlace:
    """Nobody has to wait: texts are worked on where they are."""

    async def work_on(self, length: int, function: Callable[[*Given], T], *given: *Given) -> T:
        return function(*given)


IN_PLACE = InPlace()

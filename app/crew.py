"""All children of `inlet up`: started, replaced one by one while their work goes on, and stopped.

A new process takes over before the old one is told to stop. Knows not what they do.
"""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from app.supervisor import KeptChild, Role

_LOG = structlog.get_logger(__name__)

_READY_SECONDS = 30.0
_STOP_SECONDS = 5.5


class Crew:
    """The children, in the order in which they are replaced. `dice` gives numbers in [0, 1)."""

    def __init__(self, roles: Sequence[Role], dice: Callable[[], float]) -> None:
        self._dice = dice
        self._children = [KeptChild(role, dice) for role in roles]

    def start(self) -> None:
        """Start every child."""
        for child in self._children:
            child.start()

    async def replace(self, roles: Sequence[Role]) -> None:
        """Replace each child by one that plays the role of that name from `roles`.

        Whoever does not become ready gives up, and the child before it stays.
        """
        by_name = {role.name: role for role in roles}
        for child in list(self._children):
            role = by_name.get(child.role.name)
            if role and role.tells_ready and not await self._replace(child, role):
                _LOG.error("replacing_given_up", child=role.name)
                return
        _LOG.info("replaced")

    async def stop(self) -> None:
        """Stop all children at once; what takes too long is killed."""
        await asyncio.gather(*(child.stop(_STOP_SECONDS) for child in self._children))

    def kill(self) -> None:
        """End every child at once and for good."""
        for child in self._children:
            child.kill()

    async def _replace(self, child: KeptChild, role: Role) -> bool:
        newcomer = KeptChild(role, self._dice)
        self._children.insert(self._children.index(child), newcomer)
        newcomer.start()
        is_ready = await newcomer.is_ready_within(_READY_SECONDS)
        leaving = child if is_ready else newcomer
        await leaving.stop(_STOP_SECONDS)
        self._children.remove(leaving)
        return is_ready

"""All children of `inlet up`: started, replaced one by one while their work goes on, and stopped.

A new process takes over before the old one is told to stop. Knows not what they do.
"""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from app.supervisor import ChildSpec, SupervisedChild

_LOG = structlog.get_logger(__name__)

_READY_SECONDS = 30.0
_STOP_SECONDS = 5.5


class ChildProcesses:
    """In the order in which they are replaced. `random` gives numbers in [0, 1)."""

    def __init__(self, specs: Sequence[ChildSpec], random: Callable[[], float]) -> None:
        self._random = random
        self._children = [SupervisedChild(spec, random) for spec in specs]

    def start(self) -> None:
        """Start every child."""
        for child in self._children:
            child.start()

    async def replace(self, specs: Sequence[ChildSpec]) -> None:
        """Replace each child by one with the spec of that name from `specs`.

        Whoever does not become ready gives up, and the child before it stays.
        """
        by_name = {spec.name: spec for spec in specs}
        for child in list(self._children):
            spec = by_name.get(child.spec.name)
            if spec and spec.reports_ready and not await self._replace(child, spec):
                _LOG.error("replacing_given_up", child=spec.name)
                return
        _LOG.info("replaced")

    async def stop(self) -> None:
        """Stop all children at once; what takes too long is killed."""
        await asyncio.gather(*(child.stop(_STOP_SECONDS) for child in self._children))

    def kill(self) -> None:
        """End every child at once and for good."""
        for child in self._children:
            child.kill()

    async def _replace(self, child: SupervisedChild, spec: ChildSpec) -> bool:
        successor = SupervisedChild(spec, self._random)
        self._children.insert(self._children.index(child), successor)
        successor.start()
        is_ready = await successor.is_ready_within(_READY_SECONDS)
        ended = child if is_ready else successor
        await ended.stop(_STOP_SECONDS)
        self._children.remove(ended)
        return is_ready

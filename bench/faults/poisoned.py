"""The generic provider, but some events are poison: their provider message id says which kind.

What Postgres refuses is not decided here: a constraint on the table does that.
"""

import os
import signal
from typing import Literal, cast

from domain.event import ClaimedEvent
from domain.message import Reading
from domain.provider import Provider, ReadingContext
from providers import REGISTRY, generic

Poison = Literal["raises", "refused", "kills", "hangs"]
KINDS: tuple[Poison, ...] = ("raises", "refused", "kills", "hangs")

_PREFIX = len("message:")


class Poisoned:
    """Stands for the module `providers.generic`; only `read` differs."""

    def __getattr__(self, name: str) -> object:
        return getattr(generic, name)

    def read(self, event: ClaimedEvent, context: ReadingContext) -> Reading:
        """Read an event, if it lets us."""
        match event.dedup_key[_PREFIX:].partition("-")[0]:
            case "raises":
                raise RuntimeError("an adapter has a bug")
            case "kills":
                os.kill(os.getpid(), signal.SIGKILL)
            case "hangs":
                while True:
                    pass
            case _:
                pass
        return generic.read(event, context)


POISONED = {**REGISTRY, "generic": cast("Provider", Poisoned())}

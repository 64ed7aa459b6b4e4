"""Who is in which conversation right now, in the memory of each web process.

Whoever says nothing for half a minute has left. Processes tell each other by NOTIFY, ids only;
what is lost with a process or a connection comes back with the next word of each agent. Knows no
names and no tables.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import msgspec

from inbox.live.event import PresenceItem, presence_frame

PresenceState = Literal["viewing", "typing", "left"]

TTL_SECONDS = 30.0


class PresenceTold(msgspec.Struct, frozen=True, array_like=True):
    """What one process tells the others of."""

    customer_id: int
    conversation_id: str
    agent_id: str
    state: PresenceState


@dataclass(slots=True)
class _Here:
    state: PresenceState
    leaving: asyncio.TimerHandle


class Presence:
    """Who is where. `mention` sends a frame to the streams of a customer."""

    def __init__(
        self, mention: Callable[[int, bytes], None], ttl_seconds: float = TTL_SECONDS
    ) -> None:
        self._mention = mention
        self._ttl_seconds = ttl_seconds
        self._here: dict[tuple[int, str], dict[str, _Here]] = {}

    def note(self, told: PresenceTold) -> None:
        """Remember what an agent does, and tell the streams if it is news."""
        place = (told.customer_id, told.conversation_id)
        there = self._here.setdefault(place, {})
        before = there.pop(told.agent_id, None)
        if before:
            before.leaving.cancel()
        if told.state != "left":
            left = msgspec.structs.replace(told, state="left")
            leaving = asyncio.get_running_loop().call_later(self._ttl_seconds, self.note, left)
            there[told.agent_id] = _Here(told.state, leaving)
        elif not there:
            del self._here[place]
        if told.state != (before.state if before else "left"):
            item = PresenceItem(told.conversation_id, told.agent_id, told.state)
            self._mention(told.customer_id, presence_frame(item))

    def hear(self, payload: str) -> None:
        """Note what another process tells, unless it speaks another version of this."""
        try:
            told = msgspec.json.decode(payload, type=PresenceTold)
        except msgspec.MsgspecError:
            return
        self.note(told)

    def of(self, customer_id: int, conversation_id: str) -> dict[str, PresenceState]:
        """List the agents in a conversation with what they do."""
        there = self._here.get((customer_id, conversation_id), {})
        return {agent_id: here.state for agent_id, here in there.items()}

    def close(self) -> None:
        """Forget everybody without a word."""
        for there in self._here.values():
            for here in there.values():
                here.leaving.cancel()
        self._here.clear()


def payload_of(told: PresenceTold) -> str:
    """Write what other processes are told."""
    return msgspec.json.encode(told).decode()

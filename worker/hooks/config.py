"""What whoever posts to hooks is told. Knows no loop and no request."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from domain.sealing import Sealer
from store.database import Connection
from store.hook_deliveries import HookLease
from store.polling import Connect

# Makes the payload of an event as it is now; None where what it is about is gone.
MakePayload = Callable[[Connection, HookLease], Awaitable[bytes | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HookConfig:
    """How hooks are posted to. `random` gives numbers in [0, 1), `monotonic` counts seconds.

    `connect` settles on which server the outbox lies: hooks of a restored dump are told nothing.
    `private_hosts` are those that may be on a network of ours, as `HOST:PORT`. A lease outlasts an
    attempt, which takes `answer_seconds` at most.
    """

    connect: Connect
    make_payload: MakePayload
    sealer: Sealer
    random: Callable[[], float]
    clock: Callable[[], datetime]
    monotonic: Callable[[], float]
    new_id: Callable[[], str]
    private_hosts: frozenset[str] = frozenset()
    poll_seconds: float = 0.5
    answer_seconds: float = 15.0
    lease_seconds: float = 60.0

"""Providers that do harm to whoever reads one of their `odd` events, by name of what they do."""

import ctypes
import json
import os
import re
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from odd_provider import Odd

from domain.event import ClaimedEvent
from domain.message import Reading
from domain.provider import Provider


def _registry(harm: Callable[[ClaimedEvent], None]) -> Mapping[str, Provider]:
    def read_one(event: ClaimedEvent) -> Reading | None:
        if event.dedup_key.startswith("message:odd"):
            harm(event)
        return None

    return {"generic": Odd(read_one=read_one)}


def _die(_event: ClaimedEvent) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _crash(_event: ClaimedEvent) -> None:
    ctypes.string_at(0)


def _leave(_event: ClaimedEvent) -> None:
    os._exit(0)


def _spin(_event: ClaimedEvent) -> None:
    while True:
        pass


def _spin_and_swallow(event: ClaimedEvent) -> None:
    while True:
        try:
            _spin(event)
        except BaseException:  # noqa: S112  # that is what it is here for
            continue


def _backtrack(_event: ClaimedEvent) -> None:
    re.fullmatch(r"(a+)+b", "a" * 40)


def _compute_in_c(_event: ClaimedEvent) -> None:
    pow(3, 1 << 27)


def _sleep(_event: ClaimedEvent) -> None:
    time.sleep(60)


def _ignore_signals(event: ClaimedEvent) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    _spin(event)


def _stand_still(_event: ClaimedEvent) -> None:
    reader = os.getpid()
    if os.fork() == 0:
        time.sleep(1.5)
        os.kill(reader, signal.SIGCONT)
        os._exit(0)
    os.kill(reader, signal.SIGSTOP)


def _die_at_first(event: ClaimedEvent) -> None:
    """Die as often as the text says, and leave a file for each time in the folder that it names."""
    times, folder = json.loads(event.body)["body"].split(" ")
    if len(list(Path(folder).iterdir())) < int(times):
        (Path(folder) / str(os.getpid())).touch()
        _die(event)


KILLS = _registry(_die)
CRASHES = _registry(_crash)
LEAVES = _registry(_leave)
SPINS = _registry(_spin)
SPINS_AND_SWALLOWS = _registry(_spin_and_swallow)
BACKTRACKS = _registry(_backtrack)
COMPUTES_IN_C = _registry(_compute_in_c)
SLEEPS = _registry(_sleep)
IGNORES_SIGNALS = _registry(_ignore_signals)
STANDS_STILL = _registry(_stand_still)
DIES_AT_FIRST = _registry(_die_at_first)

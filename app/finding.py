"""What an examination found: one line about one thing, and how to mend it."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warn", "wrong"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was looked at; what is wrong stops something, a warning may be meant so.

    `mend` says what to do; empty where nothing is to be done.
    """

    subject: str
    state: State
    detail: str
    mend: str = ""


def ok(subject: str, detail: str) -> Finding:
    """Find nothing to do."""
    return Finding(subject=subject, state="ok", detail=detail)


def warn(subject: str, detail: str, mend: str) -> Finding:
    """Find something that may be meant so."""
    return Finding(subject=subject, state="warn", detail=detail, mend=mend)


def wrong(subject: str, detail: str, mend: str) -> Finding:
    """Find something that has to be mended."""
    return Finding(subject=subject, state="wrong", detail=detail, mend=mend)

"""What a file may be called, whoever named it: a name is for people, never a place. Pure."""

import re

_LONGEST_NAME = 150
_NOT_IN_A_NAME = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def safe_name(given: str | None) -> str:
    """Return the last part of a name, without what would move or disguise the file."""
    last = re.split(r"[/\\]", _NOT_IN_A_NAME.sub("", given or ""))[-1].strip(" .")
    if len(last) > _LONGEST_NAME:
        stem, dot, ending = last.rpartition(".")
        ending = dot + ending if stem and len(ending) < 10 else ""
        last = last[: _LONGEST_NAME - len(ending)] + ending
    return last or "attachment"

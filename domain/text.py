"""What Postgres text can hold: no NUL, no lone surrogate. Knows nothing of messages."""

import re

_SURROGATE = re.compile("[\ud800-\udfff]")
_AT_SIGNS = frozenset("@\ufe6b\uff20")
# What Unicode lets programs leave out, and formatting: nobody sees it.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
_BEYOND_ONE_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def clean_text(value: str) -> str:
    """Drop NUL and lone surrogates, which JSON can carry and Postgres refuses."""
    if "\0" in value:
        value = value.replace("\0", "")
    return value if value.isascii() else _SURROGATE.sub("", value)


def without_invisible(value: str) -> str:
    """Drop characters that cannot be seen: with or without them two texts are drawn the same."""
    return value if value.isascii() else _INVISIBLE.sub("", value)


def without_controls(value: str) -> str:
    """Put a space for each control, also for those that turn the direction of what is written."""
    return _CONTROL.sub(" ", value)


def one_line(value: str, limit: int) -> str:
    """Fold white space and cut to at most `limit` characters, an ellipsis marking the cut."""
    folded = " ".join(value[: limit * 8].split())
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"


def shown_name(value: str | None, limit: int) -> str | None:
    """Return what somebody calls themselves as one line of at most `limit` characters.

    None where it says nothing, or has an at sign: a name must not pass for another's address.
    Controls are dropped, also those that turn the direction of what is written around them.
    """
    given = one_line(without_controls(clean_text((value or "")[: limit * 8])), limit)
    is_name = any(char.isalpha() for char in given) and not _AT_SIGNS.intersection(given)
    return given if is_name else None


def is_one_line(value: str, limit: int) -> bool:
    """Say whether a text is one visible line of 1 to `limit` characters, without controls."""
    return 1 <= len(value) <= limit and bool(value.strip()) and not _BEYOND_ONE_LINE.search(value)

"""What Postgres text can hold: no NUL, no lone surrogate. Knows nothing of messages."""

import re

_SURROGATE = re.compile("[\ud800-\udfff]")
_WHITE_SPACE = re.compile(r"\s+")
_BEYOND_ONE_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def clean_text(value: str) -> str:
    """Drop NUL and lone surrogates, which JSON can carry and Postgres refuses."""
    if "\0" in value:
        value = value.replace("\0", "")
    return value if value.isascii() else _SURROGATE.sub("", value)


def one_line(value: str, limit: int) -> str:
    """Fold white space and cut to at most `limit` characters, an ellipsis marking the cut."""
    folded = _WHITE_SPACE.sub(" ", value[: limit * 8]).strip()
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"


def is_one_line(value: str, limit: int) -> bool:
    """Say whether a text is one visible line of 1 to `limit` characters, without controls."""
    return 1 <= len(value) <= limit and bool(value.strip()) and not _BEYOND_ONE_LINE.search(value)

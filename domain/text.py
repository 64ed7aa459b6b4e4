"""What Postgres text can hold: no NUL, no lone surrogate. Knows nothing of messages."""

import re

_SURROGATE = re.compile("[\ud800-\udfff]")
_WHITE_SPACE = re.compile(r"\s+")


def clean_text(value: str) -> str:
    """Drop NUL and lone surrogates, which JSON can carry and Postgres refuses."""
    if "\0" in value:
        value = value.replace("\0", "")
    return value if value.isascii() else _SURROGATE.sub("", value)


def one_line(value: str, limit: int) -> str:
    """Fold white space and cut to at most `limit` characters, an ellipsis marking the cut."""
    folded = _WHITE_SPACE.sub(" ", value[: limit * 8]).strip()
    return folded if len(folded) <= limit else folded[: limit - 1] + "…"

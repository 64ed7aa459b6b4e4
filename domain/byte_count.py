"""How many bytes somebody means who writes 500MB, and how it is written back. Pure."""

import re

_WRITTEN = re.compile(r"([0-9]{1,15})\s*([KMGT]?)B?", re.IGNORECASE)
_UNITS = ("", "K", "M", "G", "T")
_MOST = 10**18


def read_byte_count(written: str) -> int:
    """Read a number of bytes; units are powers of a thousand. Raises: ValueError."""
    found = _WRITTEN.fullmatch(written.strip())
    if found is None:
        raise ValueError("a number of bytes, as 500MB or 10GB")
    count = int(found[1]) * 1000 ** _UNITS.index(found[2].upper())
    if count > _MOST:
        raise ValueError("a number of bytes, as 500MB or 10GB")
    return count


def write_byte_count(count: int) -> str:
    """Write a number of bytes in the largest unit that leaves it whole, or with one decimal."""
    power = 0
    while count >= 1000 ** (power + 1) and power < len(_UNITS) - 1:
        power += 1
    unit = f"{_UNITS[power]}B"
    whole, rest = divmod(count, 1000**power)
    return f"{whole} {unit}" if not rest else f"{count / 1000**power:.1f} {unit}"

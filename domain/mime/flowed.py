"""Joins the lines that a program broke so that they fit: text that is format=flowed. Linear.

Source: RFC 3676 section 4.
"""

import re
from io import StringIO

_LINE = re.compile(r"(?:\A|\n)(>*+) ?([^\n]*+)")
_SIGNATURE = "-- "


def join_flowed(text: str, *, deletes_space: bool) -> str:
    """Join each line that ends with a space to the next one if that is quoted as deep.

    The space is a part of the text, unless `deletes_space` (DelSp) says that it was added.
    """
    joined = StringIO()
    flowing: str | None = None
    for line in _LINE.finditer(text):
        quotes, content = line.groups()
        is_signature = content == _SIGNATURE
        flows = content.endswith(" ") and not is_signature
        if quotes != flowing or is_signature:
            joined.write(f"\n{quotes} " if quotes else "\n")
        joined.write(content[:-1] if flows and deletes_space else content)
        flowing = quotes if flows else None
    return joined.getvalue().removeprefix("\n")

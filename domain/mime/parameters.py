"""Takes Content-Type and Content-Disposition apart: a value and its parameters.

Linear and total, also where quotes do not end or are missing. Encoded words, which programs write
here too, are left to whoever reads a name. Source: RFC 2045 section 5.1, RFC 2231.
"""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from domain.charset import decode_text

_LONGEST_FIELD = 16 * 1024
_MOST_PARAMETERS = 100
_NAME = re.compile(r"\s*+([^\s;=]++)\s*+=\s*+")
_QUOTED = re.compile(r'"((?:[^"\\]++|\\.)*+)"', re.DOTALL)
_UNQUOTED = re.compile(r"[^;]*+")
_QUOTED_PAIR = re.compile(r'\\(["\\])')  # others are paths on Windows
_NUMBERED = re.compile(r"([^*]+)(?:\*([0-9]{1,3}))?(\*?)")


class _Section(NamedTuple):
    """A part of a value that is written in several, or the only one."""

    number: int
    is_encoded: bool
    text: str


def parse_parameters(field: str) -> tuple[str, Mapping[str, str]]:
    """Return the value in lower case, and what each parameter says first."""
    text = field[:_LONGEST_FIELD]
    value, _, rest = text.partition(";")
    if "=" in value:  # forgotten
        value, rest = "", text
    plain: dict[str, str] = {}
    sections: dict[str, list[_Section]] = {}
    for name, written in _parameters(rest):
        found = _NUMBERED.fullmatch(name)
        if found and (found[2] or found[3]):
            section = _Section(int(found[2] or 0), bool(found[3]), written)
            sections.setdefault(found[1], []).append(section)
        else:
            plain.setdefault(name, written)
    joined = {name: _joined(sorted(found)) for name, found in sections.items()}
    return value.strip().lower(), plain | {name: text for name, text in joined.items() if text}


def _parameters(text: str) -> Iterator[tuple[str, str]]:
    at, has_quotes = 0, True
    for _ in range(_MOST_PARAMETERS):
        name = _NAME.match(text, at)
        if name:
            at = name.end()
            quoted = _QUOTED.match(text, at) if has_quotes else None
            if quoted:
                at = quoted.end()
                yield name[1].lower(), _QUOTED_PAIR.sub(r"\1", quoted[1])
            else:
                has_quotes = has_quotes and text[at : at + 1] != '"'  # no later quote ends either
                unquoted = _UNQUOTED.match(text, at)
                yield name[1].lower(), (unquoted[0] if unquoted else "").strip(' \t"')
        at = text.find(";", at) + 1
        if not at:
            return


def _joined(sections: list[_Section]) -> str:
    """Join a value before it is decoded, for a character may be cut in two."""
    first, *others = sections
    charset = None
    if first.is_encoded and first.text.count("'") >= 2:
        charset, _, written = first.text.split("'", 2)
        first = first._replace(text=written)
    return decode_text(b"".join(map(_bytes_of, (first, *others))), charset)


def _bytes_of(section: _Section) -> bytes:
    written = section.text.encode("utf-8", "replace")
    return unquote_to_bytes(written) if section.is_encoded else written

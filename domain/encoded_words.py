"""Decodes the encoded words of header fields (RFC 2047), as programs write them.

Linear and total: what is no encoded word stays as it is written. Knows no field.
"""

import re
from binascii import a2b_qp
from collections.abc import Iterator
from typing import NamedTuple

from domain.charset import decode_text
from domain.transfer_encoding import decode_base64

_BEGIN = re.compile(r"=\?([^\s?*]{1,64})(?:\*[^\s?]{0,32})?\?([bBqQ])\?")  # * is of RFC 2231
_END = "?="


class _Word(NamedTuple):
    begin: int
    end: int
    charset: str
    content: bytes


def decode_words(text: str) -> str:
    """Put what encoded words say in their place.

    White space between two of them is none, and what stands in them is joined before it is decoded
    if they name the same charset: some programs cut within a character.
    """
    parts: list[str] = []
    charset, content, done = "", bytearray(), 0
    for word in _words(text):
        between = text[done : word.begin]
        is_adjacent = done > 0 and not between.strip()
        if not is_adjacent or word.charset != charset:
            parts.append(decode_text(bytes(content), charset))
            content.clear()
        if not is_adjacent:
            parts.append(between)
        charset, done = word.charset, word.end
        content += word.content
    return "".join([*parts, decode_text(bytes(content), charset), text[done:]])


def _words(text: str) -> Iterator[_Word]:
    """Find the words; one that another begins in is none, for its end was lost."""
    begins = list(_BEGIN.finditer(text))
    nexts = [*(begin.start() for begin in begins[1:]), len(text)]
    end = 0
    for begin, next_begin in zip(begins, nexts, strict=False):
        if end < begin.end():
            end = text.find(_END, begin.end())
            if end < 0:
                return
        if end < next_begin:
            written = text[begin.end() : end].encode("utf-8", "replace")
            is_base64 = begin[2] in "bB"
            content = decode_base64(written) if is_base64 else a2b_qp(written, header=True)
            if content or not written:
                yield _Word(begin.start(), end + len(_END), begin[1].lower(), content)

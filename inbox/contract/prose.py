"""What the contract says in words, cut into paragraphs of text, code and what is strong. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

_MARKED = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*")


@dataclass(frozen=True, slots=True)
class ProsePart:
    kind: Literal["text", "code", "strong"]
    text: str


Prose = Sequence[Sequence[ProsePart]]


def read_prose(text: str) -> Prose:
    """Read the little of Markdown that the contract uses."""
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n")]
    return [list(_parts(paragraph)) for paragraph in paragraphs if paragraph]


def _parts(paragraph: str) -> Iterator[ProsePart]:
    done = 0
    for marked in _MARKED.finditer(paragraph):
        yield from _text(paragraph[done : marked.start()])
        code, strong = marked.groups()
        yield ProsePart("code", code) if code else ProsePart("strong", strong)
        done = marked.end()
    yield from _text(paragraph[done:])


def _text(text: str) -> Iterator[ProsePart]:
    if text:
        yield ProsePart("text", text)

"""Which parts of a mail are its text, and which are files that came with it.

Text between files is one text, in its order. Of alternatives one is taken: HTML, else text. What
is neither is a file; nothing is left out but what says the same again. Source: RFC 2046 section
5.1, RFC 2387.
"""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import chain
from typing import NamedTuple

from domain.charset import decode_html, decode_text
from domain.html_text import text_of
from domain.message import BodyFormat
from domain.mime.filename import given_name
from domain.mime.flowed import join_flowed
from domain.mime.part import Part

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_TEXT = frozenset({"text/plain", "text/enriched", "text/markdown", "text/richtext"})
# The same again as an alternative, for programs that ask for it.
_RENDITIONS = frozenset({"text/enriched", "text/richtext", "text/watch-html", "text/x-amp-html"})
_LONGEST_BLANK = 32 * 1024  # of HTML
_TEXT_IN_HTML = '<div style="white-space: pre-wrap">{}</div>\n'


class Text(NamedTuple):
    """Text as it is to be shown."""

    format: BodyFormat
    text: str

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to see."""
        if self.format == "text":
            return not self.text.strip()
        if len(self.text) > _LONGEST_BLANK or "<img" in self.text.lower():
            return False
        return not text_of(self.text, enough=1)


class _Content(NamedTuple):
    """What a part holds: its texts, and the parts of it that are files, each in their order."""

    texts: Sequence[Text]
    files: Sequence[Part]


def read_content(mail: Part) -> tuple[Text, Sequence[Part]]:
    """Tell the text of a mail from its files; a text that has a name is a file beside another."""
    texts, files = _content(mail)
    at = next((at for at, part in enumerate(files) if _can_be_shown(part)), None)
    if not texts and at is not None:
        texts, files = [_text(files[at])], [*files[:at], *files[at + 1 :]]
    return _joined(texts), [part for part in files if part.encoded or given_name(part)]


def _content(part: Part) -> _Content:
    if part.content_type == "multipart/alternative":
        kept = [each for each in part.parts if each.content_type not in _RENDITIONS]
        return _best([_content(each) for each in kept or part.parts])
    if part.content_type == "multipart/related" and part.parts:
        root = _content(part.parts[0])
        if root.texts:  # what it refers to is shown in it
            return _Content(root.texts, [*root.files, *_leaves(part.parts[1:])])
    if part.parts:
        return _together([_content(each) for each in part.parts])
    if _can_be_shown(part) and not given_name(part):
        return _Content([_text(part)], [])
    return _Content([], [part])


def _together(contents: Sequence[_Content]) -> _Content:
    return _Content(
        [text for content in contents for text in content.texts],
        [part for content in contents for part in content.files],
    )


def _best(alternatives: Sequence[_Content]) -> _Content:
    """Take the last alternative that is HTML, else the last, of those that say anything."""
    with_text = [content.texts for content in alternatives if content.texts]
    telling = [texts for texts in with_text if not all(text.is_blank for text in texts)]
    as_html = [texts for texts in telling if any(text.format == "html" for text in texts)]
    best = as_html or telling or with_text
    return _Content(best[-1] if best else [], _together(alternatives).files)


def _leaves(parts: Iterable[Part]) -> Iterable[Part]:
    return chain.from_iterable(part.leaves() for part in parts)


def _can_be_shown(part: Part) -> bool:
    return part.content_type in _TEXT | _HTML and part.disposition in ("", "inline")


def _text(part: Part) -> Text:
    charset = part.parameters.get("charset")
    if part.content_type in _HTML:
        return Text("html", decode_html(part.content, charset).replace("\r\n", "\n"))
    text = decode_text(part.content, charset).replace("\r\n", "\n")
    if part.parameters.get("format", "").lower() == "flowed":
        deletes_space = part.parameters.get("delsp", "").lower() == "yes"
        text = join_flowed(text, deletes_space=deletes_space)
    return Text("text", text)


def _joined(texts: Sequence[Text]) -> Text:
    """Put texts one after the other; beside HTML, text is written in it."""
    told = [text for text in texts if text.text.strip()]
    if all(text.format == "text" for text in told):
        return Text("text", "\n".join(text.text.strip("\n") for text in told))
    if len(told) == 1:
        return told[0]
    parts = (
        text.text if text.format == "html" else _TEXT_IN_HTML.format(escape(text.text.strip("\n")))
        for text in told
    )
    return Text("html", "".join(parts))

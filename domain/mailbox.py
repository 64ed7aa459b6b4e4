"""Takes mailbox fields apart: `Name <local@domain>`, and lists of them as they are found.

The standard library's parsers read `a@b.c <evil@x.y>` as `a@b.c`, so this is our own, and it is
linear in its input. Knows nothing of normalising. Source: RFC 5322 sections 3.4 and 4.4.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from domain.mail_headers import decode_mail_header

_LONGEST_LIST = 128 * 1024
_LONGEST_MAILBOX = 8 * 1024
_LONGEST_PHRASE = 1024
_WHOLE = {
    '"': re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL),
    "<": re.compile(r"<[^<>]*+>"),
    "[": re.compile(r"\[[^\[\]]*+\]"),
}
# How most are written; what is read of these is the same as by the rules below, sooner.
_ORDINARY_ADDRESS = r"[A-Za-z0-9][A-Za-z0-9._+-]*+@[A-Za-z0-9][A-Za-z0-9.-]*[A-Za-z0-9]"
_ORDINARY = re.compile(rf"([A-Za-z0-9 .'_-]*+)<({_ORDINARY_ADDRESS})>|({_ORDINARY_ADDRESS})")
_LONGEST_ORDINARY = 320
_IN_COMMENT = re.compile(r"[()\\]")
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_SEPARATORS = ",;:"
_BEFORE_QUOTE = " \t\r\n,;:<>()."


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """An address as written, and the phrase beside it. A name is never an identity."""

    address: str
    phrase: str | None = None

    @property
    def name(self) -> str | None:
        """The phrase as people read it: without quotes, its encoded words decoded."""
        if not self.phrase:
            return None
        phrase = self.phrase[:_LONGEST_PHRASE].strip(" \t\r\n,;:<>")
        plain = _WHOLE['"'].sub(lambda quoted: _unquoted(quoted[0]), phrase)
        name = decode_mail_header(plain).strip(" \t,;:")
        for mark in "\"'":
            if name.count(mark) == 1 or (name[:1] == mark == name[-1:] and name.count(mark) == 2):
                name = name.strip(mark).strip()
        return name or None


@dataclass(slots=True, kw_only=True)
class _Piece:
    """What stands between two separators; `after` is the one that ends it."""

    text: str
    start: int
    after: str
    has_brackets: bool


def parse_mailbox(field: str) -> Mailbox:
    """Tell an address from its name: it is what the last angle brackets hold, or all there is.

    Comments, a source route and marks around an address are no part of it. Text without an address
    is returned as it is written.
    """
    ordinary = _ordinary(field)
    if ordinary:
        phrase, within, bare = ordinary.groups()
        return Mailbox(address=within or bare, phrase=phrase)
    return _parsed(field) or _parsed(_decoded(field)) or Mailbox(address=field.strip())


def split_mailboxes(field: str) -> list[str]:
    """Split a field of mailboxes at its commas and semicolons, each mailbox as it was written.

    What stands in quotes, comments and brackets is left alone, unless nothing closes them: one
    stray quote must not swallow the rest. A comma in a name that nobody quoted splits nothing.
    Group names (`Team: a@b, c@d;`) are dropped, so `undisclosed-recipients:;` is nobody.
    """
    ordinary = _ordinary(field)
    if ordinary:
        return [ordinary[0]]
    text = field[:_LONGEST_LIST]
    found: list[str] = []
    waiting: list[_Piece] = []
    for piece in _pieces(text):
        if piece.has_brackets:
            start = waiting[0].start if waiting else piece.start
            found.append(text[start : piece.start] + piece.text)
            waiting.clear()
        elif piece.after == ":" and "@" not in piece.text:
            waiting.clear()
        elif piece.after == "," and "@" not in piece.text:
            waiting.append(piece)
        else:
            found += [part.text for part in waiting]
            waiting.clear()
            found += _addresses_of(piece.text)
    found += [part.text for part in waiting]
    return [mailbox for part in found if (mailbox := part.strip())]


def _ordinary(field: str) -> re.Match[str] | None:
    return _ORDINARY.fullmatch(field.strip()) if len(field) <= _LONGEST_ORDINARY else None


def _pieces(text: str) -> Iterator[_Piece]:
    """Cut a list where it is written to be cut, and where a mailbox in brackets has ended."""
    start, brackets_end = 0, -1
    for mark, begin, end in _tokens(text):
        if mark == "<" and "@" in text[begin:end]:
            if brackets_end >= 0:
                yield _Piece(
                    text=text[start:brackets_end], start=start, after=",", has_brackets=True
                )
                start = brackets_end
            brackets_end = end
        elif mark in _SEPARATORS:
            written = text[start:begin]
            if written and not written.isspace():
                yield _Piece(text=written, start=start, after=mark, has_brackets=brackets_end >= 0)
            start, brackets_end = end, -1
    yield _Piece(text=text[start:], start=start, after="", has_brackets=brackets_end >= 0)


def _addresses_of(text: str) -> list[str]:
    """Split at white space where nothing but addresses stands between."""
    words = text.split() if '"' not in text and "(" not in text else []
    is_list = len(words) > 1 and all("@" in word.strip("@") for word in words)
    return words if is_list else [text]


def _parsed(field: str) -> Mailbox | None:
    text = field.strip()[-_LONGEST_MAILBOX:]
    brackets = [(begin, end) for mark, begin, end in _tokens(text) if mark == "<"]
    if brackets:
        with_address = [at for at in brackets if "@" in text[slice(*at)]]
        begin, end = (with_address or brackets)[-1]
        address = _address(text[begin + 1 : end - 1])
        has_address = "@" in address or "=?" not in text
        return Mailbox(address=address, phrase=text[:begin]) if has_address else None
    address = _address(text)
    return Mailbox(address=address, phrase=_comment(text)) if "@" in address else None


def _decoded(field: str) -> str:
    """Decode what programs encode that should not: the whole field, address and all."""
    return decode_mail_header(field[:_LONGEST_PHRASE]) if "=?" in field[:_LONGEST_PHRASE] else ""


def _address(written: str) -> str:
    """Take off what stands around an address and is no part of it."""
    comments = [(begin, end) for mark, begin, end in _tokens(written) if mark == "("]
    kept, start = list[str](), 0
    for begin, end in comments:
        kept.append(written[start:begin])
        start = end
    bare = "".join([*kept, written[start:]]).strip()
    if _WHOLE['"'].fullmatch(bare):
        bare = _unquoted(bare)
    if bare.startswith("@"):
        bare = bare.rpartition(":")[2]
    if bare[:7].lower() == "mailto:":
        bare = bare[7:]
    is_quoted = bare.endswith("'")
    bare = bare.strip(" \t\r\n<>,;:").rstrip(".,;:'\"> \t\r\n")
    bare = bare.lstrip("'") if is_quoted else bare
    return "@".join(part.strip() for part in bare.split("@"))


def _comment(text: str) -> str | None:
    """Return the last comment: `ann@example.com (Ann Ruiz)` is how names were once written."""
    comments = [text[begin + 1 : end - 1] for mark, begin, end in _tokens(text) if mark == "("]
    return comments[-1] if comments else None


def _unquoted(quoted: str) -> str:
    return _QUOTED_PAIR.sub(r"\1", quoted[1:-1])


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """Find quotes, comments and brackets, each whole, and the separators between them."""
    comment_ends = _comment_ends(text) if "(" in text else {}
    opening = '"' + "(" * bool(comment_ends) + "<" * (">" in text) + "[" * ("]" in text)
    marks = _marks(opening)
    index: int = 0
    while found := marks.search(text, index):
        mark, begin = found[0], found.start()
        end = begin + 1
        if mark == "\\":
            index = begin + 2
            continue
        if mark == "(":
            end = comment_ends.get(begin, end)
        elif mark == '"':
            opens = begin == 0 or text[begin - 1] in _BEFORE_QUOTE
            whole = _WHOLE[mark].match(text, begin) if opens else None
            end = whole.end() if whole else end
            if opens and whole is None:  # then all later quotes are escaped
                opening = opening.replace('"', "")
                marks = _marks(opening)
        elif mark in _WHOLE:
            whole = _WHOLE[mark].match(text, begin)
            end = whole.end() if whole else end
        if end > begin + 1 or mark in _SEPARATORS:
            yield mark, begin, end
        index = end


@lru_cache(maxsize=64)
def _marks(opening: str) -> re.Pattern[str]:
    """Find what begins something that may end, backslashes and separators."""
    return re.compile(f"[{re.escape(opening)}\\\\{_SEPARATORS}]")


def _comment_ends(text: str) -> dict[int, int]:
    """Say where each comment ends; they nest, and one that nothing closes is none."""
    ends: dict[int, int] = {}
    opened: list[int] = []
    escaped_at = -1
    for found in _IN_COMMENT.finditer(text):
        mark, index = found[0], found.start()
        if index == escaped_at:
            continue
        if mark == "\\":
            escaped_at = index + 1
        elif mark == "(":
            opened.append(index)
        elif opened:
            ends[opened.pop()] = index + 1
    return ends

"""Takes a mail apart into its parts, down to a depth and up to a number; what lies beyond is kept
whole, as a mail within the mail.

Lines that may be boundaries are found once, so time grows with the length of the mail alone. The
standard library's parser nests its generators as deep as the mail. Source: RFC 2046 section 5.1.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from domain.mail_headers import MailHeaders, read_mail_headers, with_line_feeds
from domain.mime.parameters import parse_parameters
from domain.transfer_encoding import decode_transfer

MAIL = "message/rfc822"
MOST_PARTS = 1_000
DEEPEST = 20

_LONGEST_DELIMITER = 250
_DELIMITER = re.compile(rb"\n--([^\n]*+)")
_PROBABLY = re.compile(rb"\n--([^\n]{0,199}\S)[ \t\r]*+\ncontent-[a-z-]{1,40}:", re.IGNORECASE)
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A mail, or a part of one: a multipart has `parts`, any other its bytes, `encoded`.

    `content_type` is without its parameters; `disposition` is empty where there is none.
    """

    content_type: str
    headers: MailHeaders = field(default_factory=lambda: MailHeaders(fields=()))
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    disposition: str = ""
    disposition_parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    encoded: bytes = b""
    parts: Sequence["Part"] = ()

    @property
    def content(self) -> bytes:
        """The bytes as they were before they were made fit to be mailed."""
        encoding = next(iter(self.headers.written("content-transfer-encoding")), "")
        return decode_transfer(self.encoded, encoding)

    def leaves(self) -> Iterator["Part"]:
        """Yield all that have no parts, in order; one of them may be a mail within the mail."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.leaves()


def parse_mail(mail: bytes) -> Part:
    """Take any bytes apart as a mail."""
    return _Parser(with_line_feeds(mail).lstrip(b"\r\n")).parse()


class _Parser:
    """Knows where in a mail each line lies that may be a boundary, and how many parts it had."""

    def __init__(self, mail: bytes) -> None:
        self._mail = mail
        self._count = 0
        self._delimiters: dict[bytes, list[int]] = {}
        for found in _DELIMITER.finditer(mail):
            if found.end() - found.start() <= _LONGEST_DELIMITER:
                line = found[1].rstrip(b" \t\r")
                self._delimiters.setdefault(line, []).append(found.start())

    def parse(self) -> Part:
        return _settled(self._part(0, len(self._mail), "text/plain", 0))

    def _part(self, begin: int, end: int, default_type: str, depth: int) -> Part:
        self._count += 1
        headers, content_begin = read_mail_headers(self._mail, begin, end)
        content_type, parameters = _content_type(headers, default_type)
        parts: Sequence[Part] = ()
        if content_type.startswith("multipart/"):
            if depth == DEEPEST:
                return Part(content_type=MAIL, encoded=self._mail[begin:end])
            boundary = parameters.get("boundary", "").encode("utf-8", "replace").rstrip()
            kind = MAIL if content_type == "multipart/digest" else "text/plain"
            parts = self._parts(content_begin, end, boundary, kind, depth + 1)
        disposition, disposition_parameters = _parameters(headers, "content-disposition")
        return Part(
            headers=headers,
            content_type=content_type,
            parameters=parameters,
            disposition=disposition,
            disposition_parameters=disposition_parameters,
            encoded=b"" if parts else self._mail[content_begin:end],
            parts=parts,
        )

    def _parts(
        self, begin: int, end: int, boundary: bytes, default_type: str, depth: int
    ) -> Sequence[Part]:
        """Read what lies between the boundaries of a multipart, be they those that it names."""
        openings = self._lines(boundary, begin, end)
        if not openings and (found := _PROBABLY.search(self._mail, begin - 1, end)):
            boundary = found[1]
            openings = self._lines(boundary, begin, end)
        ends = sorted((*openings, *self._lines(boundary + b"--", begin, end), end))
        parts: list[Part] = []
        for opening in openings:
            if self._count >= MOST_PARTS:
                head = b'Content-Type: multipart/mixed; boundary="%b"\n' % boundary
                parts.append(Part(content_type=MAIL, encoded=head + self._mail[opening:end]))
                break
            part_begin = self._mail.find(b"\n", opening + 1, end) + 1 or end
            part_end = ends[bisect_right(ends, opening)]
            if self._mail[part_end - 1 : part_end + 1] == b"\r\n":
                part_end -= 1
            parts.append(self._part(part_begin, max(part_begin, part_end), default_type, depth))
        return _nested(parts, boundary.decode("utf-8", "replace"))

    def _lines(self, line: bytes, begin: int, end: int) -> Sequence[int]:
        """Say where the line breaks before such lines are; the first may be just before."""
        found = self._delimiters.get(line, [])
        return found[bisect_left(found, begin - 1) : bisect_left(found, end)]


def _nested(parts: list[Part], boundary: str) -> Sequence[Part]:
    """Put the parts of a multipart into it that has the boundary of the one that it is in."""
    for at, part in enumerate(parts[:-1]):
        if _is_undivided(part) and part.parameters.get("boundary") == boundary:
            inner = replace(part, encoded=b"", parts=tuple(map(_settled, parts[at + 1 :])))
            return (*map(_settled, parts[:at]), inner)
    return tuple(map(_settled, parts))


def _settled(part: Part) -> Part:
    """Take for text what calls itself a multipart and has no parts."""
    return replace(part, content_type="text/plain", parameters={}) if _is_undivided(part) else part


def _is_undivided(part: Part) -> bool:
    return part.content_type.startswith("multipart/") and not part.parts


def _content_type(headers: MailHeaders, default: str) -> tuple[str, Mapping[str, str]]:
    """Read a Content-Type; one that is none is text, unless it is that of a file."""
    written, parameters = _parameters(headers, "content-type")
    value = next(iter(written.split()), "")
    if _TYPE.fullmatch(value):
        return value, parameters
    return "application/octet-stream" if value and "name" in parameters else default, parameters


def _parameters(headers: MailHeaders, name: str) -> tuple[str, Mapping[str, str]]:
    return parse_parameters(next(iter(headers.written(name)), ""))

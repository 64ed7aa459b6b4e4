"""Reads the header block of a mail: unfolded, bounded, and never raising.

The standard library's parsed headers raise on what strangers write (`Message-ID: <>`) and take
quadratic time, so this is our own. Knows no meaning of a field. Source: RFC 5322, RFC 2047.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from domain.charset import decode_text
from domain.encoded_words import decode_words
from domain.text import clean_text

_LONGEST_BLOCK = 256 * 1024
_MOST_FIELDS = 1_000
_LONGEST_DECODED = 16 * 1024
_FOLD = re.compile(r"(?:\r\n?|\n)[ \t]*")
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
_LINE_END = re.compile(rb"\r?\n")
_BLANK_LINE = re.compile(rb"\n\r?\n")
_FIELD = re.compile(rb"([!-9;-~]++)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)(?:\n|\Z)")
# What stands before the first field: the envelope of a mailbox file, the rest of a folded line.
_BEFORE_FIELDS = re.compile(rb"(?:(?:>?From |[ \t])[^\n]*+(?:\n|\Z))*+")
# A line that is no field ends the block, as where a blank line was forgotten, but before these.
_STILL_FIELDS = re.compile(
    rb"\n(?=(?:content-type|dkim-signature|message-id|mime-version|received)[ \t]*:)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailHeaders:
    """The fields in their order: names in lower case, values with their encoded words."""

    fields: tuple[tuple[str, str], ...]

    def first(self, name: str) -> str | None:
        """Return the first field of a name, decoded; a later one may be somebody else's."""
        return next(map(decode_mail_header, self.written(name)), None)

    def every(self, name: str) -> tuple[str, ...]:
        """Return all fields of a name, decoded."""
        return tuple(map(decode_mail_header, self.written(name)))

    def written(self, name: str) -> tuple[str, ...]:
        """Return all fields of a name as written, to be taken apart before they are decoded."""
        return tuple(value for field, value in self.fields if field == name)


def parse_mail_headers(block: bytes) -> MailHeaders:
    """Read the header block of a mail; what follows it is not looked at."""
    lines = with_line_feeds(block)
    return read_mail_headers(lines, 0, len(lines))[0]


def with_line_feeds(mail: bytes) -> bytes:
    """End lines as all but the oldest programs do, if they end by carriage returns alone."""
    return mail if b"\n" in mail else mail.replace(b"\r", b"\n")


def read_mail_headers(mail: bytes, begin: int, end: int) -> tuple[MailHeaders, int]:
    """Read the header block that begins there; return where what it is the header of begins."""
    if nothing := _LINE_END.match(mail, begin, end):
        return MailHeaders(fields=()), nothing.end()
    blank = _BLANK_LINE.search(mail, begin, end)
    block_end, content_begin = (blank.start() + 1, blank.end()) if blank else (end, end)
    limit = min(block_end, begin + _LONGEST_BLOCK)
    pairs: list[tuple[str, str]] = []
    before = _BEFORE_FIELDS.match(mail, begin, limit)
    at = before.end() if before else begin
    while at < limit and len(pairs) < _MOST_FIELDS:
        field = _FIELD.match(mail, at, limit) or _STILL_FIELDS.search(mail, at, limit)
        if field is None:
            content_begin = at
            break
        if field.re is _FIELD:
            pairs.append((field[1].decode("ascii"), decode_text(field[2], None)))
        at = field.end()
    return mail_headers(pairs), content_begin


def mail_headers(pairs: Iterable[tuple[str, object]]) -> MailHeaders:
    """Read fields that a provider gives as pairs; raw bytes in them may be surrogate escapes."""
    fields: list[tuple[str, str]] = []
    for name, value in pairs:
        if len(fields) == _MOST_FIELDS:
            break
        fields.append((clean_text(name).strip().lower(), _plain(str(value))))
    return MailHeaders(fields=tuple(fields))


def decode_mail_header(value: str) -> str:
    """Unfold a field and decode its words of other charsets, as far as they can be."""
    plain = _plain(value[:_LONGEST_DECODED])
    return _CONTROL.sub("", decode_words(plain)).strip() if "=?" in plain else plain


def _plain(value: str) -> str:
    unfolded = _FOLD.sub(" ", value)
    if unfolded.isascii():  # most are, and need no decoding
        return _CONTROL.sub("", unfolded).strip()
    try:
        text = decode_text(unfolded.encode("utf-8", "surrogateescape"), None)
    except UnicodeEncodeError:  # a surrogate that escapes nothing
        text = clean_text(unfolded)
    return _CONTROL.sub("", text).strip()

"""Reads the header block of a mail: unfolded, decoded, bounded, and never raising.

The standard library's parsed headers raise on what strangers write (`Message-ID: <>`), so only its
splitting into fields is used. Knows no meaning of a field. Source: RFC 5322, RFC 2047.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from email.parser import BytesHeaderParser
from email.policy import compat32

from domain.text import clean_text

_LONGEST_BLOCK = 256 * 1024
_MOST_FIELDS = 1_000
_LONGEST_VALUE = 16 * 1024
_FOLD = re.compile(r"\r?\n[ \t]*")
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
# What senders name, and what they write; other names are tried as they are.
_CHARSETS = {
    "iso-8859-1": "cp1252", "us-ascii": "cp1252", "gb2312": "gb18030", "shift_jis": "cp932",
    "ks_c_5601-1987": "cp949", "iso-8859-8-i": "iso-8859-8", "windows-874": "cp874",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class MailHeaders:
    """The fields in their order, names in lower case."""

    fields: tuple[tuple[str, str], ...]

    def first(self, name: str) -> str | None:
        """Return the first field of a name; a later one may be somebody else's."""
        return next((value for field, value in self.fields if field == name), None)

    def every(self, name: str) -> tuple[str, ...]:
        """Return all fields of a name."""
        return tuple(value for field, value in self.fields if field == name)


def parse_mail_headers(block: bytes) -> MailHeaders:
    """Read the header block of a mail; what follows it is not looked at."""
    message = BytesHeaderParser(policy=compat32).parsebytes(block[:_LONGEST_BLOCK])
    return mail_headers(message.raw_items())


def mail_headers(pairs: Iterable[tuple[str, object]]) -> MailHeaders:
    """Read fields that a provider gives as pairs; raw bytes in them may be surrogate escapes."""
    fields: list[tuple[str, str]] = []
    for name, value in pairs:
        if len(fields) == _MOST_FIELDS:
            break
        fields.append((clean_text(name).strip().lower(), decode_mail_header(str(value))))
    return MailHeaders(fields=tuple(fields))


def decode_mail_header(value: str) -> str:
    """Unfold a field and decode its words of other charsets, as far as they can be."""
    unfolded = _FOLD.sub(" ", value[:_LONGEST_VALUE])
    plain = _decoded(unfolded.encode("utf-8", "surrogateescape"), "utf-8")
    try:
        words = decode_header(plain) if "=?" in plain else [(plain, None)]
    except (HeaderParseError, ValueError):
        words = [(plain, None)]
    text = "".join(
        word if isinstance(word, str) else _decoded(word, charset or "utf-8")
        for word, charset in words
    )
    return clean_text(_CONTROL.sub("", text)).strip()


def _decoded(value: bytes, charset: str) -> str:
    """Decode by the charset that is named, else by those that are most often meant."""
    named = charset.lower()
    for candidate in (_CHARSETS.get(named, named), "utf-8", "cp1252"):
        try:
            return value.decode(candidate)
        except (LookupError, ValueError):
            continue
    return value.decode("latin-1")

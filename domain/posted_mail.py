"""Reads forms that carry whole mails, urlencoded or multipart: some fields, each once, and files.

Such a form may be as large as a delivery, so only what is asked for is decoded. Fields stay bytes:
mails are written in charsets of their own. Knows no field.
"""

import re
from binascii import a2b_qp
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from domain.errors import Unreadable
from domain.form import FORM
from domain.media_type import media_type
from domain.multipart import MULTIPART, Part, parse_multipart

_MOST_FIELDS = 10_000
_ESCAPED_IN_NAME = re.compile(rb"[%+]")
_NO_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedMail:
    """The fields that were asked for, and the parts whose names were, in their order."""

    fields: Mapping[str, bytes]
    files: Sequence[Part]

    def text(self, name: str) -> str:
        """Return a field as text; empty where there is none."""
        return self.fields.get(name, b"").decode("utf-8", "replace")


def read_posted_mail(
    body: bytes, content_type: str, names: Collection[str], files: re.Pattern[str]
) -> PostedMail:
    """Read a form. A mail may add fields of its own to one, so what comes twice is not believed.

    `files` are what the names of files match.

    Raises: Unreadable.
    """
    kind = media_type(content_type)
    if kind == MULTIPART:
        parts = parse_multipart(body, content_type)
        named = [(part.name, part.content) for part in parts if part.name in names]
        return PostedMail(
            fields=_once(named), files=[part for part in parts if files.fullmatch(part.name)]
        )
    if kind != FORM:
        raise Unreadable("content type must be that of a form")
    return PostedMail(fields=_once(_pairs(body, names)), files=())


def _pairs(form: bytes, names: Collection[str]) -> list[tuple[str, bytes]]:
    written = form.split(b"&", _MOST_FIELDS)
    if len(written) > _MOST_FIELDS:
        raise Unreadable("form must not have more fields than a mail can have")
    found: list[tuple[str, bytes]] = []
    for pair in written:
        name, _, value = pair.partition(b"=")
        plain = _decoded(name) if _ESCAPED_IN_NAME.search(name) else name
        known = plain.decode("utf-8", "replace")
        if known in names:
            found.append((known, _decoded(value)))
    return found


def _decoded(value: bytes) -> bytes:
    """Decode a value. It may be megabytes of base64, whose every `=`, `/` and line end is escaped.

    A quoted-printable text differs in the character of its escapes alone, and is decoded by the
    standard library in a tenth of the time; but it takes an escape that is none otherwise.
    """
    plain = value.replace(b"+", b" ")
    if _NO_ESCAPE.search(plain):
        return unquote_to_bytes(plain)
    return a2b_qp(plain.replace(b"=", b"=3D").replace(b"%", b"="))


def _once(pairs: Sequence[tuple[str, bytes]]) -> Mapping[str, bytes]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise Unreadable("form must not have a field twice")
    return fields

"""Reads what a browser sends of a form, with its files or without. Knows no route."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import parse_qsl

from domain.errors import Malformed, Unreadable
from domain.media_type import media_type
from domain.multipart import MULTIPART, Part, parse_multipart

_MOST_FIELDS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Fields by name, and the files that were chosen.

    `fingerprint` is the same for what is sent again, whatever border a browser puts between parts.
    """

    fields: Mapping[str, str] = field(default_factory=dict[str, str])
    files: Sequence[Part] = ()
    fingerprint: bytes = b""


def read_form(content: bytes, content_type: str) -> Form:
    """Read a form; of a field that comes twice, the last counts.

    Raises: Malformed.
    """
    try:
        if media_type(content_type) == MULTIPART:
            return _with_files(parse_multipart(content, content_type))
        fields = parse_qsl(content.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        return Form(fields=dict(fields), fingerprint=content)
    except (UnicodeDecodeError, ValueError, Unreadable):
        raise Malformed("the form could not be read") from None


def _with_files(parts: Sequence[Part]) -> Form:
    digest = sha256()
    for part in parts:
        digest.update(f"{part.name}\0{part.filename}\0{len(part.content)}\0".encode())
        digest.update(part.content)
    return Form(
        fields={part.name: part.content.decode() for part in parts if part.filename is None},
        # A browser sends an empty part where no file was chosen.
        files=[part for part in parts if part.filename and part.content],
        fingerprint=digest.digest(),
    )

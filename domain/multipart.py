"""Reads and writes multipart/form-data, in which mail is posted with its files.

What is read is bounded in number and size.

Values stay bytes: senders of mail write them in charsets of their own. Knows no field.
Source: RFC 7578.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header

from domain.errors import Unreadable

MULTIPART = "multipart/form-data"
_MOST_PARTS = 1_000
_MOST_HEADERS = 16
_LONGEST_HEADER = 8 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One field, or one file: then it has a filename, which may be empty."""

    name: str
    filename: str | None
    content_type: str
    content: bytes


def parse_multipart(body: bytes, content_type: str) -> Sequence[Part]:
    """List the parts in their order.

    Raises: Unreadable.
    """
    collected = _Parts()
    try:
        parser = MultipartParser(
            _boundary(content_type),
            {
                "on_part_begin": collected.begin,
                "on_header_field": collected.add_header_name,
                "on_header_value": collected.add_header_value,
                "on_header_end": collected.end_header,
                "on_part_data": collected.add_content,
                "on_part_end": collected.end,
                "on_end": collected.close,
            },
            max_header_count=_MOST_HEADERS,
            max_header_size=_LONGEST_HEADER,
        )
        parser.write(body)
    except FormParserError:
        raise Unreadable("multipart body must be as RFC 7578 says") from None
    if not collected.is_closed:
        raise Unreadable("multipart body must end with its closing boundary")
    return collected.parts


def single_fields(parts: Sequence[Part]) -> Mapping[str, bytes]:
    """Key what is no file by name.

    A sender whose boundary can be guessed lets a mail add fields of its own, so one that comes
    twice is not to be believed.

    Raises: Unreadable.
    """
    fields: dict[str, bytes] = {}
    for part in parts:
        if part.filename is not None:
            continue
        if part.name in fields:
            raise Unreadable("multipart body must not have a field twice")
        fields[part.name] = part.content
    return fields


def write_multipart(parts: Sequence[Part]) -> tuple[str, bytes]:
    """Return content type and body; nothing in a part can end it.

    Names are escaped as browsers do:
    https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data
    """
    digest = sha256()
    for part in parts:
        digest.update(part.content)
    boundary = digest.hexdigest()
    border = f"--{boundary}".encode()
    body = b"".join(
        piece for part in parts for piece in (border, _head_of(part), part.content, b"\r\n")
    )
    return f"{MULTIPART}; boundary={boundary}", body + border + b"--\r\n"


def _head_of(part: Part) -> bytes:
    named = f'form-data; name="{_escaped(part.name)}"'
    if part.filename is not None:
        named += f'; filename="{_escaped(part.filename)}"'
    kind = f"Content-Type: {part.content_type}\r\n" if part.content_type else ""
    return f"\r\nContent-Disposition: {named}\r\n{kind}\r\n".encode()


def _escaped(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _boundary(content_type: str) -> bytes:
    kind, options = parse_options_header(content_type.encode("latin-1", "replace"))
    boundary = options.get(b"boundary", b"")
    if kind != MULTIPART.encode() or not boundary:
        raise Unreadable("content type must be multipart/form-data with a boundary")
    return boundary


@dataclass(slots=True)
class _Parts:
    """What the parser has told so far."""

    parts: list[Part] = field(default_factory=list[Part])
    is_closed: bool = False
    _headers: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])
    _name: bytearray = field(default_factory=bytearray)
    _value: bytearray = field(default_factory=bytearray)
    _pieces: list[memoryview] = field(default_factory=list[memoryview])
    _end: int = 0

    def begin(self) -> None:
        if len(self.parts) == _MOST_PARTS:
            raise Unreadable("multipart body must not have more parts than a mail can have")
        self._headers = {}
        self._pieces = []

    def add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def end_header(self) -> None:
        self._headers.setdefault(bytes(self._name).lower(), bytes(self._value))
        self._name, self._value = bytearray(), bytearray()

    def add_content(self, data: bytes, start: int, end: int) -> None:
        """Note where content lies: it may be most of a large body, and is copied once."""
        last = self._pieces[-1] if self._pieces else None
        if last is not None and last.obj is data and start == self._end:
            start -= len(self._pieces.pop())
        self._pieces.append(memoryview(data)[start:end])
        self._end = end

    def end(self) -> None:
        disposition = self._headers.get(b"content-disposition", b"")
        kind, options = parse_options_header(disposition)
        if kind != b"form-data" or b"name" not in options:
            raise Unreadable("each part must be form-data with a name")
        filename = options.get(b"filename")
        self.parts.append(
            Part(
                name=_text(options[b"name"]),
                filename=None if filename is None else _text(filename),
                content_type=_text(self._headers.get(b"content-type", b"")),
                content=b"".join(self._pieces),
            )
        )

    def close(self) -> None:
        self.is_closed = True


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace").replace("\0", "")

"""Writes multipart/form-data as providers post it: fields first, then files. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.message import Attachment
from domain.multipart import MULTIPART

_BOUNDARY = "xYzZY"  # a constant one, as a provider was seen to use


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedFile:
    """A file, and the name of its part."""

    name: str
    file: Attachment


def write_multipart(
    fields: Mapping[str, str | bytes], files: Sequence[PostedFile]
) -> tuple[str, bytes]:
    """Return content type and body."""
    parts = [
        _part(
            f'form-data; name="{name}"', None, value.encode() if isinstance(value, str) else value
        )
        for name, value in fields.items()
    ]
    parts += [
        _part(
            f'form-data; name="{each.name}"; filename="{each.file.filename or ""}"',
            each.file.content_type,
            each.file.content or b"",
        )
        for each in files
    ]
    body = b"".join(parts) + f"--{_BOUNDARY}--".encode()
    return f"{MULTIPART}; boundary={_BOUNDARY}", body


def _part(disposition: str, content_type: str | None, content: bytes) -> bytes:
    head = f"--{_BOUNDARY}\r\nContent-Disposition: {disposition}\r\n"
    head += f"Content-Type: {content_type}\r\n" if content_type else ""
    return head.encode() + b"\r\n" + content + b"\r\n"

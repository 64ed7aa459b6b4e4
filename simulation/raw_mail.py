"""Writes a mail as it goes from server to server, for played providers that hand on whole mails.

Source: RFC 5322, RFC 6532 (header fields in UTF-8), RFC 2046 section 5.1.
"""

import re
from base64 import encodebytes
from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import sha256

from domain.message import Attachment, InboundMessage, RecipientRole
from simulation.mail_fields import files_of, header_fields

_LINE_END = re.compile(r"[\r\n]+")


def raw_mail(message: InboundMessage, now: datetime) -> bytes:
    """Write a message: its text as it is, in UTF-8, and its files in base64."""
    fields = {
        "From": message.sender,
        "To": _addresses(message, "to"),
        "Cc": _addresses(message, "cc"),
        "Subject": message.subject or "",
        "MIME-Version": "1.0",
        **header_fields(message, now),
    }
    kind = "html" if message.body_format == "html" else "plain"
    text = _part(
        {"Content-Type": f"text/{kind}; charset=utf-8", "Content-Transfer-Encoding": "8bit"},
        message.body.encode("utf-8", "replace"),
    )
    files = [_file(file) for file in files_of(message)]
    return _head(fields) + (_multipart([text, *files]) if files else text)


def _multipart(parts: Iterable[bytes]) -> bytes:
    written = list(parts)
    boundary = sha256(b"".join(written)).hexdigest()
    between = b"\r\n--" + boundary.encode()
    body = b"".join(between + b"\r\n" + part for part in written) + between + b"--\r\n"
    return _part({"Content-Type": f'multipart/mixed; boundary="{boundary}"'}, body)


def _file(file: Attachment) -> bytes:
    fields = {
        "Content-Type": file.content_type or "application/octet-stream",
        "Content-Transfer-Encoding": "base64",
        "Content-Disposition": f'attachment; filename="{file.filename or ""}"',
    }
    if file.content_id:
        fields["Content-ID"] = f"<{file.content_id}>"
    return _part(fields, encodebytes(file.content or b"").replace(b"\n", b"\r\n"))


def _part(fields: Mapping[str, str], body: bytes) -> bytes:
    return _head(fields) + b"\r\n" + body


def _head(fields: Mapping[str, str]) -> bytes:
    lines = (f"{name}: {_LINE_END.sub(' ', value)}\r\n" for name, value in fields.items())
    return "".join(lines).encode("utf-8", "replace")


def _addresses(message: InboundMessage, role: RecipientRole) -> str:
    return ", ".join(each.address for each in message.recipients if each.role == role)

"""Raw mails for tests, written from what the providers' and the standards' pages say."""

from collections.abc import Sequence


def a_mail(content_type: str, body: bytes | str, *fields: str) -> bytes:
    """Write a mail, or a part of one, with a body as it is."""
    head = "\n".join((*fields, f"Content-Type: {content_type}"))
    return head.encode() + b"\n\n" + (body if isinstance(body, bytes) else body.encode())


def a_multipart(kind: str, parts: Sequence[bytes], *fields: str, boundary: str = "=_b") -> bytes:
    """Write a multipart of written parts."""
    lines = b"".join(b"--" + boundary.encode() + b"\n" + part + b"\n" for part in parts)
    body = b"preamble\n" + lines + b"--" + boundary.encode() + b"--\nepilogue\n"
    return a_mail(f'multipart/{kind}; boundary="{boundary}"', body, *fields)

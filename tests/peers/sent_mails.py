"""Mails that people send, for readers that are compared: what is in them, and the mail itself.

Source of what programs write: RFC 5322, RFC 2047, RFC 2231, email-providers.md sections 2, 11, 12.
"""

import quopri
from base64 import b64encode, encodebytes
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from email.header import Header
from zlib import crc32

from domain.message_parts import named_mailbox
from tests.mails import a_multipart

Person = tuple[str, str]  # name and address

ANN: Person = ("Ann Ruiz", "ann@example.org")
HELP: Person = ("", "help@example.com")


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    name: str
    content_type: str
    content: bytes
    content_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """`text` and `html` are written in `charset`, made fit to be mailed by `encoding`.

    `words` is the charset of encoded words in the header, where any are needed; without it the
    header is UTF-8. `fields` are further ones; `copied` had it as the envelope says, `hidden` is
    in a field of its own.
    """

    title: str
    sender: Person = ANN
    to: Sequence[Person] = (HELP,)
    cc: Sequence[Person] = ()
    hidden: Sequence[Person] = ()
    copied: str = "help@example.com"
    subject: str = "Where is my parcel"
    date: str = "Fri, 01 Nov 2024 15:00:00 +0100"
    fields: Sequence[tuple[str, str]] = ()
    text: str | None = "Hello"
    html: str | None = None
    files: Sequence[SentFile] = ()
    charset: str = "utf-8"
    encoding: str = "8bit"
    words: str | None = "utf-8"


def header_of(mail: SentMail) -> list[tuple[str, str]]:
    """Write the fields of a mail, but those that say how its body is written."""
    people = {"To": mail.to, "Cc": mail.cc, "Bcc": mail.hidden}
    written = {name: ", ".join(_mailbox(mail, each) for each in of) for name, of in people.items()}
    fields = {
        "From": _mailbox(mail, mail.sender),
        **{name: value for name, value in written.items() if value},
        "Subject": _words(mail, mail.subject),
        "Date": mail.date,
        "Message-ID": f"<{crc32(mail.title.encode())}@mail.example.org>",
    }
    return [(name, value) for name, value in fields.items() if value] + list(mail.fields)


def raw_mail_of(mail: SentMail) -> bytes:
    """Write the mail as it goes from server to server."""
    parts = [
        _text(mail, kind, content)
        for kind, content in (("plain", mail.text), ("html", mail.html))
        if content is not None
    ]
    texts = a_multipart("alternative", parts, boundary="=_texts") if len(parts) > 1 else parts[0]
    if mail.files:
        texts = a_multipart("mixed", [texts, *map(_file, mail.files)], boundary="=_files")
    lines = "".join(f"{name}: {value}\n" for name, value in header_of(mail))
    whole = (lines + "MIME-Version: 1.0\n").encode() + texts
    return whole.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _text(mail: SentMail, kind: str, content: str) -> bytes:
    body = content.encode(mail.charset)
    if mail.encoding == "quoted-printable":
        body = quopri.encodestring(body)
    elif mail.encoding == "base64":
        body = encodebytes(body)
    return _part(f"text/{kind}; charset={mail.charset}", mail.encoding, [], body)


def _file(file: SentFile) -> bytes:
    disposition = "inline" if file.content_id else "attachment"
    if file.name.isascii():
        quoted = file.name.replace("\\", "\\\\").replace('"', '\\"')
        named = f'; filename="{quoted}"' if file.name else ""
    else:
        named = "; filename*=utf-8''" + "".join(f"%{byte:02X}" for byte in file.name.encode())
    fields = [("Content-Disposition", disposition + named)]
    if file.content_id:
        fields.append(("Content-ID", f"<{file.content_id}>"))
    return _part(file.content_type, "base64", fields, encodebytes(file.content))


def _part(
    content_type: str, encoding: str, fields: Iterable[tuple[str, str]], body: bytes
) -> bytes:
    told = [("Content-Type", content_type), ("Content-Transfer-Encoding", encoding), *fields]
    return "".join(f"{name}: {value}\n" for name, value in told).encode() + b"\n" + body


def _mailbox(mail: SentMail, person: Person) -> str:
    name, address = person
    if name.isascii() or mail.words is None:
        return named_mailbox(address, name)
    return f"{_words(mail, name)} <{address}>"


def _words(mail: SentMail, text: str) -> str:
    if text.isascii() or mail.words is None:
        return text
    if mail.words == "one word":
        return f"=?utf-8?b?{b64encode(text.encode()).decode()}?="
    return Header(text, mail.words, maxlinelen=75).encode(linesep="\n")

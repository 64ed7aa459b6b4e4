"""Mails written to make a reader work for ever: each by what it has too much of, for any length."""

from collections.abc import Callable, Mapping

_BOUNDARY = "-" * 60
_MIXED = f'Content-Type: multipart/mixed; boundary="{_BOUNDARY}"\n\n'
_BASE64 = "Content-Transfer-Encoding: base64\n\n"
_QUOTED = "Content-Transfer-Encoding: quoted-printable\n\n"
_REPORT = "Content-Type: message/delivery-status\n\n"


def _repeated(text: str, before: str = "", after: str = "") -> Callable[[int], str]:
    return lambda length: before + text * (length // len(text)) + after


def _numbered(text: str, before: str = "") -> Callable[[int], str]:
    """Repeat a text with a number in it, so that no two are alike."""
    return lambda length: (
        before + "".join(text.format(number) for number in range(length // (len(text) + 4)))
    )


def _text(charset: str, text: str) -> Callable[[int], str]:
    return _repeated(text, f"Content-Type: text/plain; charset={charset}\n\n")


HOSTILE_MAIL: Mapping[str, Callable[[int], str]] = {
    "boundaries": _repeated(f"--{_BOUNDARY}\n", _MIXED),
    "lines like boundaries": _numbered("--a{}\n", _MIXED),
    "boundaries that nobody named": _repeated(
        "\n--a" + " " * 90 + "b" + " " * 90, "Content-Type: multipart/mixed\n\n"
    ),
    "nesting without boundaries": _repeated(
        "--a\nContent-Type: multipart/mixed\n\n", "Content-Type: multipart/mixed\n\n"
    ),
    "dashes": _repeated("-", _MIXED + "\n--"),
    "nesting": _numbered(
        'Content-Type: multipart/mixed; boundary="{0}"\n\n--{0}\n',
    ),
    "nesting with one boundary": _repeated(f"{_MIXED}--{_BOUNDARY}\n"),
    "alternatives of HTML": _repeated(
        "--a\nContent-Type: text/html\n\n<p>\n",
        "Content-Type: multipart/alternative; boundary=a\n\n",
    ),
    "alternatives that say nothing": _repeated(
        "<p>\n",
        "Content-Type: multipart/alternative; boundary=a\n\n--a\nContent-Type: text/html\n\n",
    ),
    "parts without end": _repeated(f"--{_BOUNDARY}\nX", _MIXED),
    "fields": _repeated("a:b\n"),
    "lines that are no fields": _repeated("a\n", "b:c\n"),
    "fields behind lines that are none": _repeated("a\nReceived: b\n", "b:c\n"),
    "envelopes": _repeated("From \n"),
    "parameters": _numbered(";a{}=b", "Content-Type: text/plain"),
    "quotes in parameters": _repeated(';a="\\', "Content-Type: text/plain"),
    "sections of a name": _numbered("; name*{}*=%C3", "Content-Type: text/plain"),
    "encoded words": _repeated("=?a?q?", "Subject: ", "?="),
    "padding": _repeated("A=", _BASE64),
    "uuencode": _repeated("!\n", "Content-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n"),
    "base64": _repeated("QUJD", _BASE64),
    "soft line breaks": _repeated("=\n", _QUOTED),
    "spaces before no line end": _repeated(" ", _QUOTED, "."),
    "flowed lines": _repeated("a \n", "Content-Type: text/plain; format=flowed\n\n"),
    "flowed quotes": _repeated("> \n>", "Content-Type: text/plain; format=flowed\n\n"),
    "what is no UTF-8": _text("utf-8", "\xff"),
    "what is no UTF-7": _text("utf-7", "\xff"),
    "punycode": _text("punycode", "a-b9"),
    "Japanese that does not end": _text("iso-2022-jp", "\x1b$B"),
    "blocks of a report": _repeated("Final-Recipient: a;b@c\n\n", _REPORT),
    "blank lines of a report": _repeated(" \n", _REPORT),
    "carriage returns": _repeated("a:b\r"),
}

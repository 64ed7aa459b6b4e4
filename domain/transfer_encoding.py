"""Undoes what made bytes fit to be mailed: base64, quoted-printable, uuencode, however damaged.

Linear and total: whatever cannot be read is left out or left as it is. Source: RFC 2045 section 6.
"""

import re
from binascii import Error, a2b_base64, a2b_qp, a2b_uu

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))
_ORDINARY_BASE64 = re.compile(rb"[A-Za-z0-9+/\s]*+={0,2}\s*+")
_MOST_PIECES = 1_000
_BEYOND_WHITE_SPACE = re.compile(rb"[^A-Za-z0-9+/=\s]")
_LINE_END = re.compile(rb"\r\n?")
_SPACE_AT_END = re.compile(rb"(?<![ \t])[ \t]++(?=\n|\Z)")


def decode_transfer(data: bytes, encoding: str) -> bytes:
    """Decode by the name of a Content-Transfer-Encoding; one that is not known encodes nothing."""
    name = encoding.partition(";")[0].strip(" \t\"'").lower()
    decode = _DECODERS.get(name)
    return decode(data) if decode else data


def decode_base64(data: bytes) -> bytes:
    """Decode base64, also of several padded pieces; text that was put behind its end is none."""
    if _ORDINARY_BASE64.fullmatch(data):
        try:
            return a2b_base64(data)  # without a copy: a file may be most of a mail
        except Error:
            pass
    end = data.find(b"=")
    if end >= 0 and _BEYOND_WHITE_SPACE.search(data, end):
        data = data[:end]
    pieces = data.translate(None, _NOT_BASE64).rstrip(b"=").split(b"=", _MOST_PIECES)
    return b"".join(map(_decode_piece, pieces))


def decode_quoted_printable(data: bytes) -> bytes:
    """Decode quoted-printable; white space at the end of a line came on the way."""
    return a2b_qp(_SPACE_AT_END.sub(b"", _LINE_END.sub(b"\n", data)))


def decode_uuencoded(data: bytes) -> bytes:
    """Decode uuencoded bytes, which some programs for Macs write; without a begin it is none."""
    _, begin, encoded = _LINE_END.sub(b"\n", data).partition(b"begin ")
    lines = encoded.split(b"\nend", 1)[0].split(b"\n")[1:]
    return b"".join(map(_decode_line, lines)) if begin else data


def _decode_line(line: bytes) -> bytes:
    for length in (len(line), (((line[:1] or b" ")[0] - 32 & 63) * 4 + 5) // 3):
        try:
            return a2b_uu(line[:length])  # what is behind its length came on the way
        except Error:
            continue
    return b""


def _decode_piece(piece: bytes) -> bytes:
    characters = piece.replace(b"=", b"")
    spare = len(characters) % 4
    if spare == 1:
        characters, spare = characters[:-1], 0
    return a2b_base64(characters + b"=" * (-spare % 4))


_DECODERS = {
    "base64": decode_base64, "quoted-printable": decode_quoted_printable,
    "uue": decode_uuencoded, "uuencode": decode_uuencoded, "x-uue": decode_uuencoded,
    "x-uuencode": decode_uuencoded,
}  # fmt: skip

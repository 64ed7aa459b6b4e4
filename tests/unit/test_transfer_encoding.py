"""Base64, quoted-printable and uuencode, as they arrive."""

from base64 import b64encode
from binascii import b2a_uu

import pytest

from domain.transfer_encoding import decode_transfer


@pytest.mark.parametrize(
    ("encoding", "data", "content"),
    [
        ("base64", b"aGVs\r\nbG8=\r\n", b"hello"),
        ("BASE64 ", b"aGVsbG8", b"hello"),
        ('"base64"; x', b"aGVsbG8=", b"hello"),
        ("base64", b"aGV*s!bG8=", b"hello"),
        ("base64", b"aGVsbG8=aGVsbG8=", b"hellohello"),
        ("base64", b"aGVsbG8=\n____\nThe list's footer\n", b"hello"),
        ("base64", b"aGVsbG8h\nA", b"hello!"),
        ("base64", b"===", b""),
        ("quoted-printable", b"a=C3=BCb=\r\nc=3D", b"a\xc3\xbcbc="),
        ("quoted-printable", b"soft =  \nbreak \t\nend  ", b"soft break\nend"),
        ("quoted-printable", b"one=\rtwo\rthree", b"onetwo\nthree"),
        ("quoted-printable", b"100 =% =zz =", b"100 =% =zz "),
        ("8bit", b"a=20\xff", b"a=20\xff"),
        ("", b"YQ==", b"YQ=="),
        ("x-uuencode", b"begin 644 a.txt\n%:&5L;&\\ \n \nend\n", b"hello"),
        ("x-uuencode", b"begin 644 a.txt\n%:&5L;&\\      \nend\n", b"hello"),
        ("uuencode", b"hello", b"hello"),
        ("uuencode", b"begin 644 a\n\xff\xff\nend", b""),
    ],
)
def test_what_can_be_read_is_read(encoding: str, data: bytes, content: bytes) -> None:
    assert decode_transfer(data, encoding) == content


@pytest.mark.parametrize("length", range(8))
def test_bytes_of_every_length_come_back(length: int) -> None:
    content = bytes(range(length))
    uuencoded = b"begin 644 a\n" + b2a_uu(content) + b"`\nend\n"
    assert decode_transfer(b64encode(content).rstrip(b"="), "base64") == content
    assert decode_transfer(uuencoded, "x-uue") == content

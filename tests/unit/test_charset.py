"""Bytes as text, whatever their charset is called and whether it is that one."""

import pytest

from domain.charset import decode_html, decode_text


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        (b"caf\xe9", "iso-8859-1", "café"),
        (b"\x93Hi\x94 \x80", "iso-8859-1", "“Hi” €"),  # email-providers.md section 11
        (b"\x93Hi\x94", "latin1", "“Hi”"),
        ("Grüße".encode(), "us-ascii", "Grüße"),
        (b"caf\xe9", "us-ascii", "café"),
        ("Grüße".encode(), None, "Grüße"),
        (b"caf\xe9", None, "café"),
        (b"caf\xe9", "utf-8", "café"),
        (b"a\x81b", "utf-8", "a\ufffdb"),
        ("中文".encode("gb18030"), "gb2312", "中文"),
        (b"\x8c\xc2", "gb2312", b"\x8c\xc2".decode("gbk")),
        (b"\xb0\xa1", "ks_c_5601-1987", "가"),
        (b"\xf9\xec", "iso-8859-8-i", "של"),
        (b"\xa1", "windows-874", "ก"),
        (b"\x93\xfa", "x-sjis", "日"),
        (b"\x87\x40", "shift_jis", "①"),
        (b"\x1b$BF|\x1b(B", "_iso-2022-jp$ESC", "日"),
        (b"\x1b$BF|\x1b(B", "iso-2022-jp-ms", "日"),
        (b"\x8e", "x-mac-roman", "é"),
        (b"pidi\xa2", "cp-850", "pidió"),
        ("ü".encode(), "utf8mb4", "ü"),
        ("ü".encode(), "unknown-8bit", "ü"),
        ("ü".encode(), "x-no-such-charset", "ü"),
        (b"+AGE-b", "utf-7", "ab"),
        ("ü".encode("utf-16"), "utf-16", "ü"),
        ("ü a".encode("utf-16"), None, "ü a"),
        (b"plain after all", "utf-16", "plain after all"),
        (b"\xef\xbb\xbfa\xc3\xbc", "iso-8859-1", "aü"),
        (b"\xef\xbb\xbf", None, ""),
        (b"", "utf-8", ""),
        (b"a\0b", "utf-8", "ab"),
    ],
)
def test_what_is_named_is_tried_before_what_is_most_often_meant(
    data: bytes, charset: str | None, text: str
) -> None:
    assert decode_text(data, charset) == text


@pytest.mark.parametrize(
    ("charset", "text"), [("utf-8", "Grüße über alles"), ("iso-8859-7", "Καλημέρα κόσμε")]
)
def test_a_charset_that_fits_but_for_a_place_is_kept(charset: str, text: str) -> None:
    broken = text.encode(charset) + b"\xae " + text.encode(charset)
    assert decode_text(broken, charset) == f"{text}\ufffd {text}"


def test_a_character_that_was_cut_off_at_the_end_spoils_nothing() -> None:
    assert decode_text("Größe ü".encode()[:-1], "utf-8") == "Größe \ufffd"


# python/cpython issues 144133 and 146054: quadratic, and remembered for ever.
@pytest.mark.parametrize(
    "charset", ["punycode", "idna", "unicode_escape", "hex", "rot13", "a" * 99]
)
def test_only_charsets_of_mails_are_looked_up(charset: str) -> None:
    assert decode_text(b"a-\\x41 =", charset) == "a-\\x41 ="


@pytest.mark.parametrize(
    ("html", "charset", "text"),
    [
        (b'<meta charset="koi8-r"><p>\xc1', None, "а"),
        (b'<meta http-equiv=x content="text/html; charset=windows-1251">\xe0', None, "а"),
        (b"<meta charset=koi8-r>\xc3\xbc", "utf-8", "ü"),
        (b"+ADw-script+AD4-", "utf-7", "+ADw-script+AD4-"),  # section 11
    ],
)
def test_html_may_name_its_charset_itself(html: bytes, charset: str | None, text: str) -> None:
    assert decode_html(html, charset).endswith(text)

"""Encoded words, whole and broken (RFC 2047; email-providers.md sections 11 and 13)."""

import pytest

from domain.encoded_words import decode_words


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe?= <a@x>", "Grüße <a@x>"),
        ("=?utf-8?b?w7Y=?= =?UTF-8?B?w7w=?=", "öü"),
        ("a =?utf-8?q?b?= c =?utf-8?q?d?=  =?iso-8859-1?q?=FC?= f", "a b c dü f"),
        ("=?utf-8?q?=C3?= =?utf-8?q?=BC?=", "ü"),
        ("=?utf-8?b?w7?= =?utf-8?q?=BC?=", "ü"),
        ("=?iso-8859-1?q?=E9?==?windows-1251?q?=E0?=", "éа"),
        ("=?utf-8?q?a b_c?=", "a b c"),
        ("=?utf-8?q?why=3F?=", "why?"),
        ("=?utf-8?q?what=?=", "what"),
        ("=?us-ascii*en-us?q?hi?=", "hi"),
        ("x=?utf-8?q?y?=z", "xyz"),
        ("=?utf-8?q??=", ""),
        ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        ("=?iso-8859-1?q?=93Hi=94?=", "“Hi”"),
        ("=?utf-8?q?=FF=FE?=", "ÿþ"),
        ("=?utf-8?b?!!!?=", "=?utf-8?b?!!!?="),
        ("=?utf-8?q?no end", "=?utf-8?q?no end"),
        ("=?utf-8?q?lost =?utf-8?q?found?=", "=?utf-8?q?lost found"),
        ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
        ("=??q?a?=", "=??q?a?="),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
    ],
)
def test_words_are_decoded_and_what_is_none_is_left_as_it_is(written: str, text: str) -> None:
    assert decode_words(written) == text

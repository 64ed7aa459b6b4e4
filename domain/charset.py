"""Bytes of a mail as text: by the charset that is named, else by those that are most often meant.

Names are looked up in a table of our own: Python's look-up remembers every name that it does not
know, and some of its codecs take quadratic time (punycode). Never raises.
"""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from encodings.aliases import aliases

from domain.text import clean_text

_LONGEST_NAME = 64
_MOST_OF_A_HEAD = 1024
_SEPARATORS = re.compile("[^a-z0-9]")
_CODECS = frozenset({
    "ascii", "big5", "big5hkscs", "cp437", "cp775", "cp850", "cp852", "cp855", "cp857", "cp858",
    "cp860", "cp861", "cp862", "cp863", "cp864", "cp865", "cp866", "cp869", "cp874", "cp932",
    "cp949", "cp950", "cp1125", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255",
    "cp1256", "cp1257", "cp1258", "euc_jis_2004", "euc_jisx0213", "euc_jp", "euc_kr", "gb18030",
    "gb2312", "gbk", "hp_roman8", "iso2022_jp", "iso2022_jp_1", "iso2022_jp_2", "iso2022_jp_2004",
    "iso2022_jp_3", "iso2022_jp_ext", "iso2022_kr", "iso8859_2", "iso8859_3", "iso8859_4",
    "iso8859_5", "iso8859_6", "iso8859_7", "iso8859_8", "iso8859_9", "iso8859_10", "iso8859_11",
    "iso8859_13", "iso8859_14", "iso8859_15", "iso8859_16", "johab", "koi8_r", "koi8_u", "kz1048",
    "latin_1", "mac_cyrillic", "mac_greek", "mac_iceland", "mac_latin2", "mac_roman",
    "mac_turkish", "ptcp154", "shift_jis", "shift_jis_2004", "shift_jisx0213", "tis_620", "utf_7",
    "utf_8", "utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le",
})  # fmt: skip
# What is named is often a part of what is meant: https://encoding.spec.whatwg.org/#names-and-labels
_MEANT = {
    "latin_1": "cp1252", "iso8859_9": "cp1254", "iso8859_11": "cp874", "tis_620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949", "shift_jis": "cp932",
    "big5": "big5hkscs", "iso2022_jp": "iso2022_jp_ext",
}  # fmt: skip
_ALSO_CALLED = {
    "iso88598i": "iso8859_8", "iso88598e": "iso8859_8", "windows874": "cp874", "utf8mb4": "utf_8",
    "iso2022jpms": "iso2022_jp", "windows31j": "cp932",
}  # fmt: skip
_BY_NAME = {
    **{_SEPARATORS.sub("", codec): codec for codec in _CODECS},
    **{_SEPARATORS.sub("", name): codec for name, codec in aliases.items() if codec in _CODECS},
    **_ALSO_CALLED,
}
_MARKS = ((BOM_UTF8, "utf_8"), (BOM_UTF16_LE, "utf_16_le"), (BOM_UTF16_BE, "utf_16_be"))
_WIDE = frozenset(codec for codec in _CODECS if codec.startswith(("utf_16", "utf_32")))
_META = re.compile(rb"<meta\s[^>]{0,200}?charset\s{0,8}=[\s\"']{0,8}([\w.:-]{1,64})", re.IGNORECASE)
_REPLACED = "\ufffd"
_UNDERSTOOD_FOR_EACH = 3  # that was replaced


def decode_text(data: bytes, charset: str | None) -> str:
    """Decode text; a charset that fits but for a few places is kept, with marks in these."""
    return _decoded(data, _codec(charset))


def decode_html(data: bytes, charset: str | None) -> str:
    """Decode HTML, which may name its charset itself. UTF-7 would hide tags from who looks."""
    written = None if charset else _META.search(data[:_MOST_OF_A_HEAD])
    codec = _codec(written[1].decode("ascii") if written else charset)
    return _decoded(data, None if codec == "utf_7" else codec)


def _codec(charset: str | None) -> str | None:
    """Find the codec of a name as senders write it: `x-sjis`, `cp-850`, `_iso-2022-jp$ESC`."""
    name = _SEPARATORS.sub("", (charset or "")[:_LONGEST_NAME].lower().removesuffix("$esc"))
    codec = _BY_NAME.get(name) or _BY_NAME.get(name.removeprefix("x"))
    return _MEANT.get(codec, codec) if codec else None


def _decoded(data: bytes, codec: str | None) -> str:
    is_wide = b"\0" in data  # as every line end is in UTF-16
    for mark, marked in _MARKS:  # before what is named: to many charsets any bytes are text
        if data.startswith(mark) and (is_wide or mark == BOM_UTF8):
            return clean_text(data[len(mark) :].decode(marked, "replace"))
    if codec in _WIDE and not is_wide:
        codec = None
    return clean_text(next(_attempts(data, codec)))


def _attempts(data: bytes, codec: str | None) -> Iterator[str]:
    likely = dict.fromkeys((codec or "utf_8", "utf_8"))
    for name in likely:
        try:
            yield data.decode(name)
        except UnicodeError:
            continue
    for name in likely:
        text = data.decode(name, "replace")
        if _fits(text):
            yield text
    yield data.decode("cp1252", "replace")


def _fits(text: str) -> bool:
    """Say whether of what is not ASCII most was understood; the end may have been cut off."""
    foreign = len(text) - len(text.encode("ascii", "ignore"))
    understood = foreign - text.count(_REPLACED)
    replaced = text.removesuffix(_REPLACED).count(_REPLACED)
    return understood > _UNDERSTOOD_FOR_EACH * replaced

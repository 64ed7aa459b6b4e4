"""What a file begins like, whatever its name or its sender says. Pure.

Only what is plain from the first bytes has a type here; a text of any kind has none.
Sources: https://mimesniff.spec.whatwg.org/#matching-a-mime-type-pattern (section 6 and 7.1, with
the length of what is looked at), https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html,
https://learn.microsoft.com/windows/win32/debug/pe-format, RFC 3302 (TIFF).
"""

import re

from domain.media_type import media_type

_LOOKED_AT = 1445
_TAGS = rb"!DOCTYPE HTML|HTML|HEAD|SCRIPT|IFRAME|H1|DIV|FONT|TABLE|A|STYLE|TITLE|B|BODY|BR|P"
_IMAGES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF.{4}WEBPVP", re.DOTALL), "image/webp"),
    (re.compile(rb"BM.{12}", re.DOTALL), "image/bmp"),
)
PICTURES = frozenset(kind for _, kind in _IMAGES)  # that browsers show, and can hold no script
_ELF = "application/x-elf"
_MACH = "application/x-mach-binary"
_PE = "application/vnd.microsoft.portable-executable"
WEB_PAGE = "text/html"
_SVG = "image/svg+xml"
_OTHERS = (
    (re.compile(rb"%PDF-"), "application/pdf"),
    (re.compile(rb"PK\x03\x04"), "application/zip"),
    (re.compile(rb"\x1f\x8b\x08"), "application/gzip"),
    (re.compile(rb"Rar!\x1a\x07"), "application/vnd.rar"),
    (re.compile(rb"\x7fELF"), _ELF),
    (re.compile(rb"[\xce\xcf]\xfa\xed\xfe"), _MACH),
    # Two letters are no proof; a header has a zero early on.
    (re.compile(rb"MZ.{0,62}\x00", re.DOTALL), _PE),
    (re.compile(rb".{4}ftyp(?:mp4[12]|isom|iso[2-6]|avc1|M4V |MSNV)", re.DOTALL), "video/mp4"),
    (re.compile(rb"ID3[\x02-\x04]"), "audio/mpeg"),
    (re.compile(rb"OggS\x00"), "application/ogg"),
    (re.compile(rb"RIFF.{4}WAVE", re.DOTALL), "audio/wave"),
    (re.compile(rb"II\*\x00|MM\x00\*"), "image/tiff"),
    (
        re.compile(rb"(?:\xef\xbb\xbf)?[\t\n\f\r ]*<(?:!--|(?:%b)[ >])" % _TAGS, re.IGNORECASE),
        WEB_PAGE,
    ),
    (
        re.compile(
            rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]"
        ),
        _SVG,
    ),
)
# By which ends of names, and as which types, each of these is known to whoever opens it.
_KNOWN_AS = {
    _ELF: (
        {"", "bin", "elf", "o", "so"},
        {_ELF, "application/x-executable", "application/x-sharedlib"},
    ),
    _MACH: ({"", "bin", "dylib", "o"}, {_MACH}),
    _PE: (
        {"com", "cpl", "dll", "exe", "scr", "sys"},
        {_PE, "application/x-dosexec", "application/x-msdos-program", "application/x-msdownload"},
    ),
    WEB_PAGE: ({"htm", "html", "shtml", "xht", "xhtml"}, {WEB_PAGE, "application/xhtml+xml"}),
}
_SAYS_NOTHING = {None, "application/octet-stream", "binary/octet-stream"}


def image_type(content: bytes) -> str | None:
    """Say which kind of image that browsers show begins like this, and can hold no script."""
    return next((kind for begins, kind in _IMAGES if begins.match(content)), None)


def file_type(content: bytes) -> str | None:
    """Say what begins like this; None where it cannot be told."""
    head = content[:_LOOKED_AT]
    others = (kind for begins, kind in _OTHERS if begins.match(head))
    return image_type(head) or next(others, None)


def hides_what_it_is(detected: str | None, filename: str | None, claimed: str | None) -> bool:
    """Say whether it is a program or a web page under the name or the type of something else."""
    known = _KNOWN_AS.get(detected or "")
    if known is None:
        return False
    endings, types = known
    claimed = media_type(claimed or "") or None
    _, dot, ending = (filename or "").rpartition(".")
    is_named = (ending.lower() if dot else "") in endings
    is_claimed = claimed in _SAYS_NOTHING or claimed in types
    return not (is_named and is_claimed)

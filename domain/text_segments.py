"""How many characters and SMS segments a text takes, and where it is divided. Pure.

Source: 3GPP TS 23.038 section 6.2.1, the GSM 7-bit default alphabet and its extension table
Source: 3GPP TS 23.040 section 9.2.3.24.1, what the header of a part leaves for the text
The browser counts the same way: inbox/page/static/segments.js.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

SegmentEncoding = Literal["gsm_7", "ucs_2"]

GSM_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED: Final = frozenset("^{}\\[~]|€\f")  # each is two of the others
_GSM: Final = GSM_BASIC | GSM_EXTENDED
_LAST_OF_ONE_UNIT = 0xFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSegments:
    """What a text takes. `units` are septets of GSM-7, or 16-bit units of UCS-2.

    `units_left` is what still fits into the last segment. `beyond_gsm` are the characters for which
    it has to be UCS-2, each once, in the order in which they come.
    """

    encoding: SegmentEncoding
    characters: int
    units: int
    segments: int
    units_left: int
    beyond_gsm: tuple[str, ...] = ()


def is_gsm(text: str) -> bool:
    """Say whether a text can be written in GSM-7."""
    return _GSM.issuperset(text)


def count_segments(text: str) -> TextSegments:
    """Count what a text takes."""
    encoding = _encoding(text)
    sizes = [_size(character, encoding) for character in text]
    segments = split_text(text)
    whole, part = _room(encoding)
    used = sum(_size(character, encoding) for character in segments[-1]) if segments else 0
    return TextSegments(
        encoding=encoding,
        characters=len(text),
        units=sum(sizes),
        segments=len(segments),
        units_left=(part if len(segments) > 1 else whole) - used,
        beyond_gsm=tuple(dict.fromkeys(one for one in text if one not in _GSM)),
    )


def split_text(text: str) -> list[str]:
    """Divide a text as it is sent: no character is torn apart. An empty one has no segment."""
    encoding = _encoding(text)
    whole, part = _room(encoding)
    if sum(_size(character, encoding) for character in text) <= whole:
        return [text] if text else []
    return list(_parts(text, encoding, part))


def _parts(text: str, encoding: SegmentEncoding, room: int) -> Iterator[str]:
    begin, used = 0, 0
    for nth, character in enumerate(text):
        size = _size(character, encoding)
        if used + size > room:
            yield text[begin:nth]
            begin, used = nth, 0
        used += size
    yield text[begin:]


def _encoding(text: str) -> SegmentEncoding:
    return "gsm_7" if is_gsm(text) else "ucs_2"


def _room(encoding: SegmentEncoding) -> tuple[int, int]:
    """Say how much fits into a segment that is alone, and into one of several."""
    return (160, 153) if encoding == "gsm_7" else (70, 67)


def _size(character: str, encoding: SegmentEncoding) -> int:
    if encoding == "gsm_7":
        return 2 if character in GSM_EXTENDED else 1
    return 2 if ord(character) > _LAST_OF_ONE_UNIT else 1

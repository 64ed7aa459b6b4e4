"""What a text takes as SMS, and where it is divided.

Source: 3GPP TS 23.038 section 6.2.1 (alphabet), 3GPP TS 23.040 section 9.2.3.24.1 (parts)
"""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.text_segments import GSM_BASIC, GSM_EXTENDED, count_segments, is_gsm, split_text

_ROOT = Path(__file__).parents[2]
_SCRIPT = (_ROOT / "inbox" / "page" / "static" / "segments.js").read_text(encoding="utf-8")
_CHARACTER: re.Pattern[str] = re.compile(r"\\.|[^\\]")
_ESCAPES: dict[str, str] = {"\\n": "\n", "\\r": "\r", "\\f": "\f", '\\"': '"', "\\\\": "\\"}


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments", "left"),
    [
        ("", "gsm_7", 0, 0, 160),
        ("a" * 160, "gsm_7", 160, 1, 0),
        ("a" * 161, "gsm_7", 161, 2, 145),
        ("a" * 306, "gsm_7", 306, 2, 0),
        ("a" * 307, "gsm_7", 307, 3, 152),
        ("€" * 80, "gsm_7", 160, 1, 0),
        ("a" * 152 + "€" * 5, "gsm_7", 162, 2, 143),  # the first € does not fit
        ("é\f[]", "gsm_7", 8 - 1, 1, 153),
        ("ы" * 70, "ucs_2", 70, 1, 0),
        ("ы" * 71, "ucs_2", 71, 2, 63),
        ("👋" * 35, "ucs_2", 70, 1, 0),
        ("👋" * 36, "ucs_2", 72, 2, 61),  # 33 of them in the first
        ("ç", "ucs_2", 1, 1, 69),
        ("`", "ucs_2", 1, 1, 69),
    ],
)
def test_a_text_is_counted(text: str, encoding: str, units: int, segments: int, left: int) -> None:
    counted = count_segments(text)
    assert (counted.encoding, counted.units) == (encoding, units)
    assert (counted.segments, counted.units_left) == (segments, left)
    assert counted.characters == len(text)


def test_what_is_not_of_the_alphabet_is_named_once_in_its_order() -> None:
    assert count_segments("👋 bçd, b👋 ы").beyond_gsm == ("👋", "ç", "ы")
    assert count_segments("Grüße à tous {€}").beyond_gsm == ()


@given(text=st.text(max_size=400))
def test_a_text_is_divided_without_loss(text: str) -> None:
    parts = split_text(text)
    assert "".join(parts) == text
    assert len(parts) == count_segments(text).segments
    assert all(parts)
    room = (153 if is_gsm(text) else 67) if len(parts) > 1 else (160 if is_gsm(text) else 70)
    for part in parts:
        assert count_segments(part).characters <= room


def test_the_browser_has_the_same_alphabet() -> None:
    written = dict(re.findall(r"const (BASIC|EXTENDED) = new Set\((.+?)\);", _SCRIPT, re.DOTALL))
    assert _characters(written["BASIC"]) == GSM_BASIC
    assert _characters(written["EXTENDED"]) == GSM_EXTENDED
    assert len(GSM_BASIC) == 127  # and the escape
    assert len(GSM_EXTENDED) == 10


def _characters(written: str) -> set[str]:
    """Read the strings of a script that are added up."""
    found: set[str] = set()
    for quoted in re.findall(r'"((?:[^"\\]|\\.)*)"', written):
        found.update(_unescaped(one[0]) for one in _CHARACTER.finditer(quoted))
    return found


def _unescaped(written: str) -> str:
    return _ESCAPES.get(written, written)

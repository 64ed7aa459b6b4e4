"""Tags: words that agents sort conversations by. Knows no storage."""

import re
import unicodedata

LONGEST_TAG = 64
# White space, comma and slash; controls, and characters that turn the text around; surrogates. A
# dot in front would make a path of its own meaning.
_KEPT_OUT = r"\s,/\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff"
_TAG = re.compile(rf"[^.{_KEPT_OUT}][^{_KEPT_OUT}]{{0,{LONGEST_TAG - 1}}}")


def read_tag(text: str) -> str | None:
    """Write a tag as it is stored, in lower case; None where it cannot be one.

    Shape: 1 to 64 characters without white space, comma or slash, not beginning with a dot.
    """
    tag = unicodedata.normalize("NFC", text).lower()
    return tag if _TAG.fullmatch(tag) else None

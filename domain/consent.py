"""Whether somebody who texts wants no more texts, or wants them again: a keyword alone says so.

Source: https://www.ecfr.gov/current/title-47/part-64/section-64.1200 (a)(10), the opt-out words
Source: https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out
Source: https://developers.telnyx.com/docs/messaging/messages/advanced-opt-in-out
Source: https://www.twilio.com/docs/proxy/opt-out-keywords, the French words of Canada
"""

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

Consent = Literal["opt_out", "opt_in"]

_OPT_OUT: Final = frozenset({
    "stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout",
    "opt out",
})  # fmt: skip
_OPT_OUT_OF_REGION: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {"CA": frozenset({"arret", "arrete", "arrett"})}
)
_OPT_IN: Final = frozenset({"start", "unstop"})
_TOLD: Final[Mapping[str, Consent]] = MappingProxyType(
    {"stop": "opt_out", "optout": "opt_out", "start": "opt_in", "optin": "opt_in"}
)

_LONGEST = 40  # the longest keyword with room for what stands around it
_WORDS = re.compile(r"\w+")


def keyword_consent(text: str, region: str) -> Consent | None:
    """Read a text that is a keyword and nothing else, in a channel of this region."""
    word = fold_keyword(text)
    if word in _OPT_OUT or word in _OPT_OUT_OF_REGION.get(region, ()):
        return "opt_out"
    return "opt_in" if word in _OPT_IN else None


def fold_keyword(text: str) -> str:
    """Leave out case, accents, punctuation and what is around the words; nothing is left of a text
    that is too long for a keyword.
    """
    if len(text) > _LONGEST:
        return ""
    if not text.isascii():
        text = "".join(
            letter
            for letter in unicodedata.normalize("NFKD", text)
            if not unicodedata.combining(letter)
        )
    return " ".join(_WORDS.findall(text.casefold()))


def told_consent(word: object) -> Consent | None:
    """Read the word by which a provider says itself what it took a text for."""
    return _TOLD.get(word.strip().lower()) if isinstance(word, str) else None

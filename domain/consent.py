"""Whether somebody who texts wants no more texts, or wants them again: a keyword alone says so.

Source: https://www.ecfr.gov/current/title-47/part-64/section-64.1200 (a)(10), the opt-out words
Source: https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out
Source: https://developers.telnyx.com/docs/messaging/messages/advanced-opt-in-out
Source: https://www.twilio.com/docs/proxy/opt-out-keywords, the French words of Canada
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Consent = Literal["opt_out", "opt_in", "help"]
ConsentSource = Literal["keyword", "signal", "refusal", "manual"]

YES: Final = "yes"  # an answer to a question, but for whoever has opted out

_KEYWORDS: Final[Mapping[str, Consent]] = MappingProxyType({
    **dict.fromkeys((
        "stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "optout",
        "opt out",
    ), "opt_out"),
    **dict.fromkeys(("start", "unstop", YES), "opt_in"),
    **dict.fromkeys(("help", "info"), "help"),
})  # fmt: skip
_OF_REGION: Final[Mapping[str, Mapping[str, Consent]]] = MappingProxyType(
    {"CA": dict.fromkeys(("arret", "arrete", "arrett"), "opt_out")}
)
_NONE: Final[Mapping[str, Consent]] = {}
_SIGNALS: Final[Mapping[str, Consent]] = MappingProxyType({
    "stop": "opt_out", "optout": "opt_out", "start": "opt_in", "optin": "opt_in", "help": "help",
})  # fmt: skip

_LONGEST = 40  # the longest keyword with room for what stands around it
_WORDS = re.compile(r"[^\W_]+")
_INVISIBLE = frozenset({"Mn", "Cf"})  # accents, and what has no width
_QUESTIONS = frozenset("?？¿؟")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldConsent:
    """What a text says of being texted: by which keyword, or as what its provider took it."""

    consent: Consent
    source: ConsentSource
    word: str

    @property
    def is_yes(self) -> bool:
        """Whether it says something only to whom texts are not sent."""
        return self.word == YES


def consent_of(text: str, told: ToldConsent | None, region: str) -> ToldConsent | None:
    """Say what a text is, in a channel of this region, of which a provider may have `told`.

    A keyword to opt out is one, whatever a provider makes of it; and YES is no START.
    """
    keyword = keyword_consent(text, region)
    if told is None or keyword is None:
        return told or keyword
    if keyword.consent == "opt_out" != told.consent:
        return keyword
    return keyword if keyword.is_yes and told.consent == "opt_in" else told


def keyword_consent(text: str, region: str) -> ToldConsent | None:
    """Read a text that is a keyword and nothing else; a question is none."""
    word = fold_keyword(text)
    consent = _KEYWORDS.get(word) or _OF_REGION.get(region, _NONE).get(word)
    if consent is None or not _QUESTIONS.isdisjoint(text):
        return None
    return ToldConsent(consent=consent, source="keyword", word=word)


def fold_keyword(text: str) -> str:
    """Leave out case, accents, punctuation and what is around the words; nothing is left of a text
    that is too long for a keyword.
    """
    if len(text) > _LONGEST:
        return ""
    return " ".join(_WORDS.findall(fold(text)))


def fold(text: str) -> str:
    """Leave out case, accents and what has no width; wide letters become letters."""
    if not text.isascii():
        text = "".join(
            letter
            for letter in unicodedata.normalize("NFKD", text)
            if unicodedata.category(letter) not in _INVISIBLE
        )
    return text.casefold()


def told_consent(word: object) -> ToldConsent | None:
    """Read the word by which a provider says itself what it took a text for."""
    if not isinstance(word, str):
        return None
    folded = word.strip().lower()
    consent = _SIGNALS.get(folded)
    return ToldConsent(consent=consent, source="signal", word=folded) if consent else None

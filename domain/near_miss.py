"""Whether a text that is no keyword may all the same want no more texts: a person has to read it.

The rule reaches any reasonable wording; what is ordinary to write to a business is no hint, as that
an order is to be cancelled. Pure, and quick for texts that have none of the words.

Source: https://www.ecfr.gov/current/title-47/part-64/section-64.1200 (a)(10)
"""

import re
import unicodedata

from domain.near_miss_hints import HINTS, Hint

_LONGEST = 2_000  # read no further
_CONTRACTED = re.compile(r"['`](?=(?:t|s|m|d|ll|ve|re)\b)")
_SPACED = {code: " " for code in range(128) if not chr(code).isalnum()}
_HINTS = {
    word: [hint for hint in HINTS if word in hint.needs]
    for word in frozenset[str]().union(*[hint.needs for hint in HINTS])
}
_NEEDED = frozenset(_HINTS)

# Words of ours that they only repeat, and what a phone writes of a text that somebody likes.
_FOOTER = re.compile(
    r"\b(?:reply|text|txt|send|respond|responda|repondez)(?: with| back)?(?: the word)?"
    r" (?:stop|arret|alto|unsubscribe)(?: (?:to|2|for|para|pour)(?: \w+){1,3})?"
)
_LIKED = re.compile(
    r"^\W*(?:liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|reacted .{1,12} to"
    r"|removed an? \w+ from)\s+[“\"«]",
    re.IGNORECASE,
)
_FIRST_LINE = re.compile(
    r"^\W*(?:stop|stopall|stop all|unsubscribe|cancel|end|quit|revoke|opt ?out)\W*\n", re.IGNORECASE
)
_SHOUTED = re.compile(r"^\W*STOP\b\s*[.!\n]")


def may_opt_out(text: str) -> bool:
    """Say whether a person has to read whether this text is an opt-out; keywords are not meant."""
    read = text[:_LONGEST].replace("’", "'")
    if _FIRST_LINE.match(read) or _SHOUTED.match(read):
        return True
    if not read.isascii():
        read = unicodedata.normalize("NFKD", read).encode("ascii", "ignore").decode()
    read = read.lower()
    if "'" in read or "`" in read:
        read = _CONTRACTED.sub("", read)
    words = read.translate(_SPACED).split()
    tried = _hints_in(frozenset(words))
    if not tried or _LIKED.match(text):
        return False
    spoken = _FOOTER.sub("", " ".join(words)).strip()
    return any(hint.wording.search(spoken) for hint in tried)


def _hints_in(words: frozenset[str]) -> list[Hint]:
    """List the hints whose words are among these; there are none for most texts."""
    return [
        hint for word in words & _NEEDED for hint in _HINTS[word] if not hint.also.isdisjoint(words)
    ]

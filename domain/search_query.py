"""Reads what somebody types to search: words, "phrases" and phone numbers in any notation.

All of it must be found; the last word may be the beginning of one. Nothing in it has another
meaning, so no text is a mistake but one without a word. Pure.
"""

import re
from dataclasses import dataclass

from domain.search_text import NUMBER, Wanted, digits, words_of

LONGEST_QUERY = 200
_MOST_TERMS = 12
_FEWEST_LETTERS = 3  # of a beginning: two letters begin too many words to be worth looking for
_PIECE = re.compile(rf'"([^"]*)"?|({NUMBER.pattern})|([^\s"]+)', re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchTerm:
    """One thing to find: words one after the other, or what begins like `beginning`."""

    words: tuple[str, ...]
    beginning: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """What must all be found."""

    terms: tuple[SearchTerm, ...]

    @property
    def wanted(self) -> Wanted:
        """What to highlight of it."""
        beginnings = [term.beginning for term in self.terms if term.beginning]
        return Wanted(
            words=frozenset(word for term in self.terms for word in term.words),
            beginnings=tuple(beginnings),
            numbers=tuple(beginning for beginning in beginnings if beginning.isdigit()),
        )


def parse_search(text: str) -> SearchQuery | None:
    """Read a query; None where it has no word, or too many."""
    terms: list[SearchTerm] = []
    is_open = False
    for phrase, number, piece in _PIECE.findall(text[:LONGEST_QUERY]):
        is_open = bool(piece)
        if number:
            terms.append(SearchTerm(words=tuple(words_of(number)), beginning=digits(number)))
        elif piece:
            terms += [SearchTerm(words=(word,)) for word in words_of(piece)]
        elif words := words_of(phrase):
            terms.append(SearchTerm(words=tuple(words)))
    if not 0 < len(terms) <= _MOST_TERMS:
        return None
    if is_open:
        terms[-1] = _opened(terms[-1])
    return SearchQuery(terms=tuple(terms))


def _opened(term: SearchTerm) -> SearchTerm:
    """Let a word stand for all that begin with it."""
    word = term.words[-1]
    if term.beginning or (word.isascii() and len(word) < _FEWEST_LETTERS):
        return term
    return SearchTerm(words=term.words, beginning=word)

"""Reads what somebody types to search: words, "phrases" and phone numbers in any notation.

All of it must be found; the last word may be the beginning of one, digits may be the last of a
number, and what is written without spaces may stand anywhere. Nothing in it has another meaning, so
no text is a mistake but one without a word. Pure.
"""

import re
from dataclasses import dataclass, replace

from domain.search_text import NUMBER, Wanted, digits, ending_of
from domain.search_words import Piece, ascii_digits, cut, fold, whole_places_of, words_of

LONGEST_QUERY = 200
_MOST_TERMS = 12
_FEWEST_LETTERS = 3  # of a beginning: two letters begin too many words to be worth looking for
_FEWEST_DIGITS = 3  # of an ending
_PIECE = re.compile(rf'"([^"]*)"?|({NUMBER.pattern})|([^\s"]+)', re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchTerm:
    """One thing to find: words one after the other, what begins like `beginning`, a number that
    ends like `ending`, or a `run`, which holds all `places`.
    """

    words: tuple[str, ...] = ()
    beginning: str | None = None
    ending: str | None = None
    run: str | None = None
    places: tuple[str, ...] = ()

    @property
    def beginnings(self) -> tuple[str, ...]:
        """What a word of the index may begin like."""
        ending = ending_of(self.ending) if self.ending else None
        return tuple(word for word in (self.beginning, ending) if word)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchQuery:
    """What must all be found."""

    terms: tuple[SearchTerm, ...]

    @property
    def wanted(self) -> Wanted:
        """What to highlight of it."""
        beginnings = [term.beginning for term in self.terms if term.beginning and not term.run]
        return Wanted(
            words=frozenset(word for term in self.terms for word in term.words),
            beginnings=tuple(beginnings),
            numbers=tuple(beginning for beginning in beginnings if beginning.isdigit()),
            endings=tuple(term.ending for term in self.terms if term.ending),
            runs=tuple(term.run for term in self.terms if term.run),
        )


def parse_search(text: str) -> SearchQuery | None:
    """Read a query; None where it has no word, or too many."""
    terms: list[SearchTerm] = []
    is_open = False
    for phrase, number, piece in _PIECE.findall(ascii_digits(text[:LONGEST_QUERY])):
        is_open = bool(piece)
        if number:
            told = digits(number)
            terms.append(SearchTerm(words=tuple(words_of(number)), beginning=told, ending=told))
        elif piece:
            terms += map(_term, cut(fold(piece)))
        elif phrase:
            if words := words_of(phrase):
                terms.append(SearchTerm(words=tuple(words)))
            terms += [_term(part) for part in cut(fold(phrase)) if part.is_run]
    if not 0 < len(terms) <= _MOST_TERMS:
        return None
    if is_open:
        terms[-1] = _opened(terms[-1])
    return SearchQuery(terms=tuple(terms))


def _term(piece: Piece) -> SearchTerm:
    word = piece.text
    if piece.is_run:
        places = whole_places_of(word, piece.tells)
        return SearchTerm(run=word, places=places, beginning=None if places else word)
    is_ending = word.isascii() and word.isdigit() and len(word) >= _FEWEST_DIGITS
    return SearchTerm(words=(word,), ending=word if is_ending else None)


def _opened(term: SearchTerm) -> SearchTerm:
    """Let a word stand for all that begin with it."""
    if term.run or term.beginning:
        return term
    word = term.words[-1]
    if word.isascii() and len(word) < _FEWEST_LETTERS:
        return term
    return replace(term, beginning=word)

"""Finds where in the text of a mail its writer's own words end and older mails begin.

A scanner of lines, whose time grows with the length alone, whoever wrote it. The parts are the
whole text, in its order. A guess for readers: it does not prove who wrote what.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.quoted_words import FORWARDED, LABELS, ON, ORIGINAL, WROTE

_MOST_LINES = 20_000
_LONGEST_LINE = 300
_MOST_LINES_OF_ATTRIBUTION = 4
_MOST_LINES_OF_HEAD = 8
_LONGEST_SIGNATURE = 15
_LONGEST_LABEL = 24


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word).replace(r"\ ", r"\s") for word in words)


_WROTE = re.compile(_any_of(WROTE), re.IGNORECASE)
_BEGINS_ATTRIBUTION = re.compile(
    rf"(?:{_any_of(ON)})\b|[0-9]|\w{{1,12}}[.,]{{0,2}}\s[0-9]", re.IGNORECASE
)
_ENDS_WITH_ADDRESS = re.compile(r"<[^<>\s@]+@[^<>\s@]+>\s?[:：]\Z")
_DIGIT = re.compile("[0-9]")
_ORIGINAL = re.compile(rf"-{{2,}}\s*(?:{_any_of(ORIGINAL)})\s*-{{2,}}\Z", re.IGNORECASE)
_FORWARDED = re.compile(rf"-*\s*(?:{_any_of(FORWARDED)})\s*[:：]?\s*-*\Z", re.IGNORECASE)
_RULE = re.compile(r"[-_]{5,}\Z")
_FOOTER = re.compile(r"_{20,}\s*\Z")  # of mailing lists
_SIGNATURE = frozenset({"-- ", "--"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyParts:
    """A text in three: what was written, the signature below it, and older mails below that."""

    reply: str
    signature: str
    history: str


def split_reply(text: str, stripped: str | None = None) -> ReplyParts:
    """Tell what was written from what is quoted below it; answers between quotes stay with them.

    `stripped` is what a provider takes for the reply: it counts where nothing else tells, and only
    if the text begins with it. Where nothing was written, all is reply.
    """
    lines = text.splitlines(keepends=True)
    history = _history_begin(lines)
    told = (stripped or "").strip()
    if told and history == len(lines) and text.lstrip().startswith(told):
        end = text.index(told) + len(told)
        lines, history = [text[:end], text[end:]], 1
    signature = _signature_begin(lines, history)
    return ReplyParts(
        reply="".join(lines[:signature]),
        signature="".join(lines[signature:history]),
        history="".join(lines[history:]),
    )


def _history_begin(lines: Sequence[str]) -> int:
    """Return the number of the line that history begins with, or how many there are."""
    nowhere = len(lines)
    tail = _quoted_tail_begin(lines)
    own: int | None = None
    for at, line in enumerate(lines[:_MOST_LINES]):
        written = line[:_LONGEST_LINE].strip()
        if not written or written[0] == ">":
            continue
        if _FORWARDED.match(written):
            return nowhere
        if _ORIGINAL.match(written) or _is_head(lines, at, written):
            begin = _rule_above(lines, at)
            return begin if own is not None and own < begin else nowhere
        begin = _attribution_begin(lines, at, written)
        if begin is None or not _has_history(lines, begin, at + 1, tail):
            own = at if own is None else own
        elif own is not None and own < begin:
            return begin
        else:
            own = None
    return tail if own is not None and own < tail else nowhere


def _is_head(lines: Sequence[str], at: int, written: str) -> bool:
    """Say whether the head of a mail begins there: who, and two of when, to whom and on what."""
    if _label(written) != "from":
        return False
    labels = {_label(line) for line in lines[at + 1 : at + 1 + _MOST_LINES_OF_HEAD]}
    return len(labels - {"from", None}) >= 2


def _label(line: str) -> str | None:
    label, colon, _ = line[:_LONGEST_LABEL].replace("：", ":").partition(":")
    return LABELS.get(label.strip(" \t\xa0*_").casefold()) if colon else None


def _rule_above(lines: Sequence[str], at: int) -> int:
    """Take along the line that is drawn above a head."""
    above = at - 1
    while above > at - 3 and above > 0 and not lines[above].strip():
        above -= 1
    return above if above >= 0 and _RULE.match(lines[above].strip()) else at


def _attribution_begin(lines: Sequence[str], at: int, written: str) -> int | None:
    """Return where "On Monday, Ann wrote:" begins, if it ends there; programs break it."""
    if written[-1] not in ":：":
        return None
    for begin in range(at, max(-1, at - _MOST_LINES_OF_ATTRIBUTION), -1):
        first = lines[begin][:_LONGEST_LINE].strip()
        if not first or first[0] == ">":
            break
        is_dated = _DIGIT.search(first) is not None
        if _BEGINS_ATTRIBUTION.match(first) and (begin == at or is_dated):
            whole = _joined(lines, begin, at + 1)
            if _WROTE.search(whole) or (is_dated and _ENDS_WITH_ADDRESS.search(whole)):
                return begin
    names_who_or_when = "@" in written or _DIGIT.search(written)
    return at if names_who_or_when and _WROTE.search(written) else None


def _has_history(lines: Sequence[str], begin: int, after: int, tail: int) -> bool:
    """Say whether all below an attribution is history: quoted to the end, or not quoted at all.

    What is not quoted is only taken for history if the attribution has an address.
    """
    following = after
    while following < len(lines) and not lines[following].strip():
        following += 1
    if following == len(lines) or following >= tail:
        return True
    is_quoted = lines[following].lstrip().startswith(">")
    return not is_quoted and "@" in _joined(lines, begin, after)


def _joined(lines: Sequence[str], begin: int, end: int) -> str:
    return " ".join(line[:_LONGEST_LINE].strip() for line in lines[begin:end])


def _quoted_tail_begin(lines: Sequence[str]) -> int:
    """Return where the quotes that a text ends with begin; signature or footer may be below."""
    last = range(len(lines) - 1, max(-1, len(lines) - _LONGEST_SIGNATURE), -1)
    below = (at for at in last if _is_signature(lines[at]) or _FOOTER.match(lines[at]))
    for end in (len(lines), *below):
        begin = end
        while begin and _is_quoted_or_blank(lines[begin - 1]):
            begin -= 1
        while begin < end and not lines[begin].strip():
            begin += 1
        if begin < end:
            return begin
    return len(lines)


def _is_quoted_or_blank(line: str) -> bool:
    written = line.lstrip()
    return not written or written[0] == ">"


def _signature_begin(lines: Sequence[str], history: int) -> int:
    """Return where the signature above the history begins, or where the history does."""
    for at in range(history - 1, max(0, history - _LONGEST_SIGNATURE), -1):
        if _is_signature(lines[at]):
            return at if any(line.strip() for line in lines[:at]) else history
    return history


def _is_signature(line: str) -> bool:
    return line.rstrip("\r\n") in _SIGNATURE

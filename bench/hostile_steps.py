"""What is done with text that strangers wrote, and how its time grows with the length.

A step is linear, or stops at a bound: twice the text takes twice the time at most.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import thread_time

from bench.hostile_html import HOSTILE_HTML
from bench.hostile_mail import HOSTILE_MAIL
from bench.hostile_text import HOSTILE_TEXT
from domain.address import canonicalise
from domain.body_format import guess_format
from domain.html_text import text_of
from domain.mail_class import mail_class
from domain.mail_headers import decode_mail_header, parse_mail_headers
from domain.mail_html import clean_mail
from domain.mailbox import parse_mailbox, split_mailboxes
from domain.masking import mask_body, mask_text
from domain.message_id import parse_message_ids
from domain.mime.message import message_of
from domain.mime.part import parse_mail
from domain.preview import preview
from domain.quoted_history import split_reply
from domain.search_query import parse_search
from domain.search_text import LONGEST_SHOWN, Wanted, index_text, make_snippet
from domain.text import clean_text, one_line, shown_name
from inbox.conversations.text_html import link_up

MOST_GROWTH = 2.2
MEGABYTE = 1 << 20

_TOO_SHORT_SECONDS = 0.03  # the clock's and the memory's own growth would be judged
_MOST_TRIES = 8
_WANTED = Wanted(
    words=frozenset({"parcel"}),
    beginnings=("par",),
    numbers=("4711",),
    endings=("4711",),
    runs=("订单",),
)

Write = Callable[[int], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`run` is given a text of each of these kinds."""

    run: Callable[[str], object]
    kinds: Mapping[str, Write]


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """Processor time for the whole, and how many times longer each doubling to it takes.

    `factor` is None where that is next to nothing.
    """

    seconds: float
    factor: float | None


def _on_html(run: Callable[[str], object]) -> Step:
    return Step(run=run, kinds=HOSTILE_HTML)


def _on_text(run: Callable[[str], object]) -> Step:
    return Step(run=run, kinds=HOSTILE_TEXT)


def _read_mail(text: str) -> object:
    mail = parse_mail(text.encode("latin-1"))
    return message_of(mail, provider_message_id=""), mail_class(mail)


STEPS: Mapping[str, Step] = {
    "clean HTML": _on_html(clean_mail),
    "text of HTML": _on_html(text_of),
    "preview of HTML": _on_html(lambda html: preview(html, "html", 0, None)),
    "tell HTML from text": _on_html(guess_format),
    "preview of text": _on_text(lambda text: preview(text, "text", 0, None)),
    "what Postgres can hold": _on_text(clean_text),
    "words to search": _on_text(lambda text: index_text(text, None, (), ())),
    "highlight": _on_text(
        lambda text: make_snippet(one_line(text, LONGEST_SHOWN), _WANTED, is_stemmed=True)
    ),
    "read a query": _on_text(parse_search),
    "links in text": _on_text(link_up),
    "tell a reply from history": Step(
        run=split_reply, kinds={**HOSTILE_TEXT, "heads of mails": lambda n: "From: a\n" * (n // 8)}
    ),
    "read a mailbox": _on_text(parse_mailbox),
    "list mailboxes": _on_text(split_mailboxes),
    "list Message-IDs": _on_text(parse_message_ids),
    "read mail headers": _on_text(lambda text: parse_mail_headers(text.encode())),
    "decode a header": _on_text(decode_mail_header),
    "read a mail": Step(run=_read_mail, kinds=HOSTILE_MAIL),
    "show a name": _on_text(lambda text: shown_name(text, 255)),
    "find an e-mail address": _on_text(lambda text: canonicalise(text, "email", "US")),
    "find a phone number": _on_text(lambda text: canonicalise(text, "sms", "US")),
    "mask text": _on_text(mask_text),
    "mask JSON": _on_text(lambda text: mask_body(text.encode(), "application/json")),
    "mask a form": _on_text(
        lambda text: mask_body(text.encode(), "application/x-www-form-urlencoded")
    ),
}


def growth(step: Step, write: Write, length: int = MEGABYTE) -> Growth:
    """Measure how much longer a text of this length takes than a quarter of it.

    A machine that is disturbed in between tells nothing: the best of some pairs counts.
    """
    whole, quarter = write(length), write(length // 4)
    seconds = _seconds(step, whole)
    best = Growth(seconds=seconds, factor=None)
    if seconds < _TOO_SHORT_SECONDS:
        return best
    for _ in range(_MOST_TRIES):
        factor = (seconds / _seconds(step, quarter)) ** 0.5
        best = Growth(
            seconds=min(best.seconds, seconds),
            factor=factor if best.factor is None else min(best.factor, factor),
        )
        if factor <= MOST_GROWTH:
            break
        seconds = _seconds(step, whole)
    return best


def _seconds(step: Step, text: str) -> float:
    began = thread_time()
    step.run(text)
    return thread_time() - began

"""Takes mailbox fields apart: `Name <local@domain>`, lists of them, and Message-ID lists.

The standard library's parsers read `a@b.c <evil@x.y>` as `a@b.c`, so this is our own, and it is
linear in its input. Knows nothing of normalising.
"""

import re
from dataclasses import dataclass

MOST_MESSAGE_IDS = 20
_LONGEST_FIELD = 64 * 1024
_LONGEST_LIST = 256 * 1024
_LONGEST_ID = 998
_BRACKETED_ID = re.compile(r"<([^<>\s]{1,998})>")
_MARK = re.compile(r'["<>()\[\]\\,;:]')
_CLOSING = {'"': '"', "<": ">", "(": ")", "[": "]"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """An address as written, and the display name before it. A name is never an identity."""

    address: str
    name: str | None


def parse_mailbox(field: str) -> Mailbox:
    """Split a display name from an address; without angle brackets all of it is the address."""
    text = field.strip()
    if not text.endswith(">") or "<" not in text:
        return Mailbox(address=text, name=None)
    name, _, address = text[:-1].rpartition("<")
    name = name.strip().strip('"').strip()
    return Mailbox(address=address.strip(), name=name or None)


def split_mailboxes(field: str) -> list[str]:
    """Split a field of mailboxes at its commas and semicolons, each mailbox as it was written.

    What stands in quotes, comments and brackets is left alone, unless nothing closes them: one
    stray quote must not swallow the rest. Group names (`Team: a@b, c@d;`) are dropped, so
    `undisclosed-recipients:;` is nobody.
    """
    text = field[:_LONGEST_LIST]
    last_closing = {closing: text.rfind(closing) for closing in _CLOSING.values()}
    parts: list[str] = []
    start, until, escaped_at = 0, "", -1
    for found in _MARK.finditer(text):
        mark, index = found[0], found.start()
        if index == escaped_at:
            continue
        if until:
            if mark == "\\":
                escaped_at = index + 1
            elif mark == until:
                until = ""
        elif mark in _CLOSING:
            until = _CLOSING[mark] if last_closing[_CLOSING[mark]] > index else ""
        elif mark == ":":
            start = index + 1
        elif mark in ",;":
            parts.append(text[start:index])
            start = index + 1
    parts.append(text[start:])
    return [part.strip() for part in parts if part.strip()]


def parse_message_ids(field: str) -> tuple[str, ...]:
    """List the Message-IDs of a header field, without brackets, in order, case kept.

    Ids without brackets are accepted, split by space or comma. At most the last 20 distinct ones:
    the newest matter most.
    """
    text = field[-_LONGEST_FIELD:]
    found = _BRACKETED_ID.findall(text) or [part for part in re.split(r"[\s,]+", text) if part]
    ids = [text.strip("<>") for text in found]
    distinct = dict.fromkeys(message_id for message_id in ids if 0 < len(message_id) <= _LONGEST_ID)
    return tuple(distinct)[-MOST_MESSAGE_IDS:]

"""Takes mailbox fields apart: `Name <local@domain>`, lists of them, and Message-ID lists.

The standard library's parsers read `a@b.c <evil@x.y>` as `a@b.c`, so this is our own, and it is
linear in its input. Knows nothing of normalising.
"""

import re
from dataclasses import dataclass

MOST_MESSAGE_IDS = 20
_LONGEST_FIELD = 64 * 1024
_BRACKETED_ID = re.compile(r"<([^<>\s]{1,998})>")


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
    """Split a comma-separated field, leaving commas inside quotes and angle brackets alone."""
    parts: list[str] = []
    start, quoted, bracketed, escaped = 0, False, False, False
    for index, char in enumerate(field):
        if escaped:
            escaped = False
        elif char == "\\" and quoted:
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif char in "<>":
            bracketed = char == "<"
        elif char == "," and not bracketed:
            parts.append(field[start:index])
            start = index + 1
    parts.append(field[start:])
    return [part.strip() for part in parts if part.strip()]


def parse_message_ids(field: str) -> tuple[str, ...]:
    """List the Message-IDs of a header field, without brackets, in order, case kept.

    Ids without brackets are accepted, split by space or comma. At most the last 20 distinct ones:
    the newest matter most.
    """
    text = field[-_LONGEST_FIELD:]
    found = _BRACKETED_ID.findall(text) or [part for part in re.split(r"[\s,]+", text) if part]
    ids = [one.strip("<>") for one in found]
    distinct = dict.fromkeys(one for one in ids if one)
    return tuple(distinct)[-MOST_MESSAGE_IDS:]

"""Lists the Message-IDs of mail header fields, however they are written, and bounds them.

Linear in its input. Knows nothing of threads. Source: RFC 5322 section 3.6.4.
"""

import re
from collections.abc import Iterable
from hashlib import sha256

from domain.mail_headers import decode_mail_header

MOST_MESSAGE_IDS = 20
_LONGEST_FIELD = 64 * 1024
_LONGEST_LINE = 998  # of a header, RFC 5322 section 2.1.1
_DIGEST = "sha256:"
_WRITTEN = re.compile(r"<([^<>]*+)>|([^\s<>,;]++)")
_ORDINARY = re.compile(r"<([!-;=?-~]{1,250})>")
_SPACE = re.compile(r"\s++")
_SEPARATOR = re.compile("[,;]")


def parse_message_ids(field: str) -> tuple[str, ...]:
    """List the Message-IDs of a header field, without brackets, in order, case kept.

    White space in brackets is folding and no part of an id, nor is it in a field with a single at
    sign. Else ids without brackets are split by space, comma or semicolon; words beside ids in
    brackets are a phrase. One that is longer than a header line is known by its digest. Of many the
    first and the newest are kept.
    """
    ordinary = _ORDINARY.fullmatch(field)  # most fields: what follows reads the same of them
    if ordinary:
        return (ordinary[1],)
    text = field
    if len(field) > _LONGEST_FIELD:
        text = f"{field[: _LONGEST_FIELD // 2]} {field[-_LONGEST_FIELD // 2 :]}"
    if "=?" in text and "<" not in text:
        text = decode_mail_header(text)  # some programs fold long ids in encoded words
    found: list[tuple[str, str]] = _WRITTEN.findall(text)
    is_bracketed = any(within.strip() for within, _ in found)
    if not is_bracketed and text.count("@") == 1 and not _SEPARATOR.search(text):
        found = [("", _SPACE.sub("", text).strip("<>"))]
    ids = [
        _SPACE.sub("", within) or word
        for within, word in found
        if within.strip() or not is_bracketed or "@" in word
    ]
    return root_and_newest(_bounded(message_id) for message_id in ids if message_id)


def root_and_newest(message_ids: Iterable[str]) -> tuple[str, ...]:
    """Keep the distinct ids, of many the first, which began the thread, and the last."""
    distinct = tuple(dict.fromkeys(message_ids))
    if len(distinct) <= MOST_MESSAGE_IDS:
        return distinct
    return distinct[0], *distinct[1 - MOST_MESSAGE_IDS :]


def can_be_referred_to(message_id: str) -> bool:
    """Say whether an id can be written into a mail of ours.

    A digest of one cannot, nor one that fills a folded line without its brackets and the space.
    """
    return not message_id.startswith(_DIGEST) and len(f" <{message_id}>".encode()) <= _LONGEST_LINE


def _bounded(message_id: str) -> str:
    if len(message_id) <= _LONGEST_LINE:
        return message_id
    return _DIGEST + sha256(message_id.encode("utf-8", "surrogatepass")).hexdigest()

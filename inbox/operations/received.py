"""What was received, as operators see it: only its form, or as it is, which the audit keeps.

For the API and for the pages. Whoever may look has been decided before.
"""

from collections.abc import Callable, Mapping

from domain.actor import Actor
from domain.errors import NotFound
from domain.masking import mask_body, mask_headers, mask_text, printable_text
from inbox.operations.quarantine import Inspection, Inspector, inspect_quarantined
from store.audit import AuditEntry, record_audit
from store.database import Connection
from store.ops_event import EventDetail, find_event_detail

_MOST_SHOWN = 200_000
_BYTES_PER_LINE = 16


async def look_at_event(
    conn: Connection, actor: Actor, event_id: str, *, is_unmasked: bool, new_id: Callable[[], str]
) -> EventDetail:
    """Find an event whole.

    Raises: NotFound.
    """
    found = await find_event_detail(conn, actor.customer_id, event_id)
    if found is None:
        raise NotFound("there is no such event")
    if is_unmasked:
        await _note_unmasked(conn, actor, "event", event_id, new_id())
    return found


async def look_at_quarantined(
    conn: Connection,
    actor: Actor,
    delivery_id: str,
    inspector: Inspector,
    *,
    is_unmasked: bool,
    new_id: Callable[[], str],
) -> Inspection:
    """Find a refused delivery whole, with its signature computed again.

    Raises: NotFound.
    """
    found = await inspect_quarantined(conn, actor.customer_id, delivery_id, inspector)
    if is_unmasked:
        await _note_unmasked(conn, actor, "quarantine", delivery_id, new_id())
    return found


def shown_headers(headers: Mapping[str, str], *, is_unmasked: bool) -> dict[str, str]:
    return dict(headers) if is_unmasked else mask_headers(headers)


def shown_text(text: str, *, is_unmasked: bool) -> str:
    return text if is_unmasked else mask_text(text)


def shown_body(body: bytes, content_type: str, *, is_unmasked: bool) -> str:
    """Write a body for a page, as far as a page can hold it: bytes as text, or in hexadecimal."""
    if not is_unmasked:
        return mask_body(body, content_type)[:_MOST_SHOWN]
    text = printable_text(body)
    return _hex_dump(body[: _MOST_SHOWN // 5]) if text is None else text[:_MOST_SHOWN]


def without_token(url: str) -> str:
    """Return where it was sent, without the last part, by which anybody could send there."""
    return url.partition("?")[0].rpartition("/")[0]


async def _note_unmasked(
    conn: Connection, actor: Actor, what: str, object_id: str, entry_id: str
) -> None:
    """Note that somebody looked at what people wrote."""
    entry = AuditEntry(id=entry_id, action=f"{what}.unmasked", object_id=object_id)
    await record_audit(conn, actor, [entry])


def _hex_dump(body: bytes) -> str:
    """Write bytes as people compare them: offset, sixteen bytes, and their letters."""
    lines: list[str] = []
    for start in range(0, len(body), _BYTES_PER_LINE):
        part = body[start : start + _BYTES_PER_LINE]
        letters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        lines.append(f"{start:08x}  {part.hex(' '):<47}  {letters}")
    return "\n".join(lines)

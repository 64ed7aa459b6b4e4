"""Nothing is written to people of whom a provider says that no mail reaches them, or is unwanted.

Nor to those who have opted out of the texts of a channel. Until somebody lifts that, or they opt in
again. Nor by WhatsApp to who has not written within its window. Knows no HTTP.
"""

from collections.abc import Collection
from datetime import datetime

from domain.channel import Channel
from domain.errors import OptedOut, RecipientSuppressed, WindowClosed
from store.database import Connection
from store.suppressions import Suppressed, count_suppressed, count_suppressed_recipients
from store.whatsapp_windows import count_closed, count_closed_recipients

_LIFT = "a lead or an administrator can lift that"
_OPT_IN = "texts go there again once they answer START"


async def check_recipients(
    conn: Connection, channel: Channel, address_hashes: Collection[int]
) -> None:
    """Check that a message may go to all of these.

    Raises: RecipientSuppressed, OptedOut, which say how many it may not go to.
    """
    customer_id, everybody = channel.customer_id, set(address_hashes)
    _refuse(await count_suppressed(conn, customer_id, channel.id, everybody), len(everybody))


async def check_recipients_of(
    conn: Connection, customer_id: int, message_id: str, recipients: int
) -> None:
    """Check that a message that was written may go to its recipients, of whom there are so many.

    Raises: RecipientSuppressed, OptedOut.
    """
    _refuse(await count_suppressed_recipients(conn, customer_id, message_id), recipients)


async def check_window(
    conn: Connection,
    channel: Channel,
    own_hash: int,
    address_hashes: Collection[int],
    now: datetime,
) -> None:
    """Check that WhatsApp takes a text from an own address to those of these that are its own.

    Raises: WindowClosed.
    """
    everybody = set(address_hashes)
    closed = await count_closed(conn, channel.customer_id, channel.id, own_hash, everybody, now)
    _refuse_closed(closed, len(everybody))


async def check_window_of(
    conn: Connection, customer_id: int, message_id: str, recipients: int, now: datetime
) -> None:
    """Check the same of a message that was written.

    Raises: WindowClosed.
    """
    closed = await count_closed_recipients(conn, customer_id, message_id, now)
    _refuse_closed(closed, recipients)


def _refuse_closed(closed: int, recipients: int) -> None:
    if not closed:
        return
    has = "has" if closed == 1 else "have"
    raise WindowClosed(
        f"{_whom(closed, recipients)} {has} not written by WhatsApp within 24 hours: until they "
        "do, it takes no text but a template"
    )


def _refuse(suppressed: Suppressed, recipients: int) -> None:
    if not suppressed.count:
        return
    if suppressed.opted_out:
        whom = _whom(suppressed.opted_out, recipients)
        has = "has" if suppressed.opted_out == 1 else "have"
        raise OptedOut(f"{whom} {has} opted out of texts from this channel: {_OPT_IN}")
    why = "after a bounce, a complaint, or by hand"
    whom = _whom(suppressed.count, recipients)
    raise RecipientSuppressed(f"{whom} cannot be written to, {why}: {_LIFT}")


def _whom(suppressed: int, recipients: int) -> str:
    return "the recipient" if recipients == 1 else f"{suppressed} of the {recipients} recipients"

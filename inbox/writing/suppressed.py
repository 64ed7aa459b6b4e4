"""Nothing is written to people of whom a provider says that no mail reaches them, or is unwanted.

Nor to those who have opted out of the texts of a channel. Until somebody lifts that, or they opt in
again. Knows no HTTP.
"""

from collections.abc import Collection

from domain.channel import Channel
from domain.errors import OptedOut, RecipientSuppressed
from store.database import Connection
from store.suppressions import Suppressed, count_suppressed, count_suppressed_recipients

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

"""How the page says that nothing is sent to an address, since when, and who can change that."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from domain.address import Address
from domain.suppression import SuppressionReason
from inbox.page.display_format import Moment
from inbox.page.page_request import PageRequest
from store.database import Connection
from store.suppressions import list_standing

_WHY: Mapping[SuppressionReason, str] = {
    "hard_bounce": "mail to it came back for good",
    "complaint": "a mail was reported as unwanted",
    "manual": "somebody decided so",
    "opt_out": "they have opted out of texts from this channel",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionView:
    id: str
    address: str
    why: str
    since: Moment
    has_opted_out: bool
    can_lift: bool


async def show_suppressions(
    conn: Connection, page_request: PageRequest, channel_id: str, addresses: Collection[Address]
) -> list[SuppressionView]:
    """Show which of these addresses a channel sends nothing to."""
    if not addresses:
        return []
    found = await list_standing(conn, page_request.key.customer_id, addresses)
    can_lift = page_request.key.allows("inbox:manage")
    return [
        SuppressionView(
            id=each.id,
            address=each.address,
            why=_WHY[each.reason],
            since=page_request.clock.moment(each.since),
            has_opted_out=each.reason == "opt_out",
            can_lift=can_lift,
        )
        for each in found
        if each.channel_id in {None, channel_id}
    ]

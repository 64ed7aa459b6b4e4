"""A delivery receipt with the event that brought it."""

from datetime import datetime

import msgspec

from domain.address import Address
from domain.event import ClaimedEvent
from domain.message import DeliveryReceipt


class NewReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider reports about a message that was sent; `occurred_at` as far as is known.

    `suppressed` are the addresses that nothing more is to be sent to.
    """

    event: ClaimedEvent
    receipt: DeliveryReceipt
    occurred_at: datetime
    suppressed: tuple[Address, ...] = ()

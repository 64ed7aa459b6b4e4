"""Addresses to which nothing is sent until somebody lifts that: what makes them so. Pure.

A suppression holds for all channels of a customer, an opt-out for one. Knows no provider and no
table.
"""

from collections.abc import Iterable
from typing import Literal

from domain.address import Address, canonicalise
from domain.channel import Channel
from domain.mailbox import parse_mailbox
from domain.message import DeliveryReceipt, MailReport, ReceiptStatus

SuppressionReason = Literal["hard_bounce", "complaint", "manual", "opt_out"]

_NOT_DELIVERED: frozenset[ReceiptStatus] = frozenset({"bounced", "failed"})


def suppression_reason(told: DeliveryReceipt | MailReport) -> SuppressionReason | None:
    """Say why nothing more is to be sent to those whom this is about; None where it may be."""
    if told.status == "complained":
        return "complaint"
    return "hard_bounce" if told.is_permanent and told.status in _NOT_DELIVERED else None


def suppressed_by(receipt: DeliveryReceipt, channel: Channel) -> tuple[Address, ...]:
    """List the addresses that nothing more is to be sent to, none of our own among them."""
    if channel.kind != "email" or suppression_reason(receipt) is None:
        return ()
    named = mail_addresses(receipt.recipients)
    return tuple(address for address in named if not channel.is_of_customer(address.value))


def mail_addresses(written: Iterable[str]) -> list[Address]:
    """Read mailboxes, each once; what is not exactly one address is left out."""
    found = (canonicalise(parse_mailbox(mailbox).address, "email", "") for mailbox in written)
    valid = (canonical.address for canonical in found if canonical.is_validated)
    return list(dict.fromkeys(valid))

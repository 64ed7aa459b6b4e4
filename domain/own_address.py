"""Which of a channel's own addresses a message came to, and the key of the texts with it. Pure."""

from collections.abc import Iterable, Sequence

from domain.address import Address, Canonical, can_receive, canonicalise
from domain.channel import Channel
from domain.conversation import sms_key_hash


def own_address_met(
    channel: Channel, sender: Canonical, recipients: Sequence[Canonical]
) -> Canonical:
    """Say which own address of the channel a message came to.

    The first of those it names, or the one that wrote it. A text that names a single number came to
    that: a pool of numbers need not be listed. A mail may name none.
    """
    own = [canonicalise(address, channel.kind, channel.region) for address in channel.own_addresses]
    met = {recipient.address for recipient in recipients}
    for candidate in own:
        if candidate.address in met:
            return candidate
    if any(candidate.address == sender.address for candidate in own):
        return sender
    if channel.kind == "sms" and len(met) == 1 and can_receive(recipients[0].address.value, "sms"):
        return recipients[0]
    return own[0]


def text_key_hash(channel: Channel, own: Address, others: Iterable[Address]) -> str:
    """Key the conversation of texts between an own address of a channel and others."""
    return sms_key_hash(others, None if own.value == channel.own_address else own)

"""Which of a channel's own addresses a message came to, and the key of the texts with it. Pure."""

from collections.abc import Iterable, Sequence

from domain.address import Address, Canonical, can_receive, canonicalise
from domain.channel import Channel
from domain.conversation import sms_key_hash
from domain.phone_form import may_have_two_forms
from domain.reply_address import without_token


def own_address_met(
    channel: Channel, sender: Canonical, recipients: Sequence[Canonical]
) -> Canonical:
    """Say which own address of the channel a message came to.

    The first of those it names, or the one that wrote it. A text that names a single number came to
    that: a pool of numbers need not be listed. A mail may name none.
    """
    own = [own_address(written, channel) for written in channel.own_addresses]
    met = {recipient.address for recipient in recipients}
    for candidate in own:
        if candidate.address in met:
            return candidate
    if any(candidate.address == sender.address for candidate in own):
        return sender
    if channel.kind == "sms" and len(met) == 1 and can_receive(recipients[0].address.value, "sms"):
        return recipients[0]
    return own[0]


def own_address(written: str, channel: Channel) -> Canonical:
    """Read an address as a channel of ours writes it."""
    return as_set(canonicalise(written, channel.kind, channel.region), channel)


def as_set(met: Canonical, channel: Channel) -> Canonical:
    """Give an own address the form in which it was set, whoever wrote it how.

    A number its provider knows by no other; a mailbox without the token of a reply address.
    """
    if channel.kind == "email":
        plain = without_token(met.address.value)
        if plain == met.address.value or not channel.is_of_customer(plain):
            return met
        return Canonical(address=Address("email", plain), is_validated=met.is_validated)
    if met.written is None:
        return met
    for own in (*channel.own_addresses, *sorted(channel.customer_addresses)):
        if may_have_two_forms(own):
            same = canonicalise(own, channel.kind, channel.region)
            if same.address == met.address:
                return Canonical(
                    address=Address(met.address.kind, own), is_validated=met.is_validated
                )
    return met


def text_key_hash(channel: Channel, own: Address, others: Iterable[Address]) -> str:
    """Key the conversation of texts between an own address of a channel and others."""
    return sms_key_hash(others, None if own.value == channel.own_address else own)

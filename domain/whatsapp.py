"""What is known of WhatsApp whoever carries it: its addresses are handles that name it."""

from collections.abc import Sequence
from typing import Final

from domain.channel import ChannelKind
from domain.message import MessageKind

WHATSAPP: Final = "whatsapp:"


def is_whatsapp(address: str) -> bool:
    """Say whether an address is of WhatsApp: a number, or an id that stands for one."""
    return address.strip().lower().startswith(WHATSAPP)


def text_kind(address: str, told: MessageKind = "sms") -> MessageKind:
    """Say what a text from or to an address is; of others it is what was told of it."""
    return "whatsapp" if is_whatsapp(address) else told


def kind_to(addresses: Sequence[str], channel: ChannelKind) -> MessageKind:
    """Say what a message of ours to these addresses is."""
    if channel == "email":
        return "email"
    return "whatsapp" if addresses and all(map(is_whatsapp, addresses)) else "sms"

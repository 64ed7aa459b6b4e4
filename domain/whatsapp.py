"""What is known of WhatsApp whoever carries it.

Its addresses are handles that name it. A text of one's own may be sent only while the customer
service window is open, which a message of theirs opens; after that WhatsApp takes a template alone.
Source: https://docs.aws.amazon.com/social-messaging/latest/userguide/whatsapp-send-message.html
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from domain.channel import ChannelKind
from domain.message import MessageKind

WHATSAPP: Final = "whatsapp:"
WINDOW: Final = timedelta(hours=24)


def is_whatsapp(address: str) -> bool:
    """Say whether an address is of WhatsApp: a number, or an id that stands for one."""
    return address.strip().lower().startswith(WHATSAPP)


def text_kind(address: str, told: MessageKind = "sms") -> MessageKind:
    """Say what a text from or to an address is; of others it is what was told of it."""
    return "whatsapp" if is_whatsapp(address) else told


def kind_to(addresses: Sequence[str], channel: ChannelKind) -> MessageKind:
    """Say what a message of ours is that goes to these; one of WhatsApp is enough."""
    if channel == "email":
        return "email"
    return "whatsapp" if any(map(is_whatsapp, addresses)) else "sms"

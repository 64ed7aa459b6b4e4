"""What an address that somebody typed may mean. Knows no field and no list."""

from typing import get_args

from domain.address import Address, canonicalise
from domain.channel import ChannelKind

LONGEST_ADDRESS = 320
NO_REGION = "ZZ"  # phonenumbers' word for "nowhere": a number needs its country code


def address_readings(text: str) -> tuple[Address, ...]:
    """Read a text as a phone in international form, an email address and a handle.

    Shape: empty where it can be no address; any of several may be meant.
    """
    if not text.strip() or len(text) > LONGEST_ADDRESS:
        return ()
    readings = [canonicalise(text, kind, NO_REGION).address for kind in get_args(ChannelKind)]
    return tuple(sorted(set(readings)))

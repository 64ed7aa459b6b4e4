"""Where a channel sends to, so that its provider is played."""

from domain.channel import Channel
from simulation import PLAYED_SENDERS


def send_url(base_url: str, channel: Channel) -> str:
    """Write the URL that a channel posts to, to reach this endpoint."""
    played = PLAYED_SENDERS[channel.provider]
    return base_url + played.SEND_PATH.format(place=played.place_of(channel))

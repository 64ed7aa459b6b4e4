"""Whether a channel can send, and how much. Knows providers by what they say of a channel."""

from domain.errors import Conflict
from providers import find_sender
from store.channels import StoredChannel

LONGEST_MAIL = 100_000


def check_can_send(stored: StoredChannel, recipients: int) -> None:
    """Check that a channel can send to so many.

    Raises: Conflict with what keeps it from that.
    """
    obstacle = obstacle_of(stored, recipients)
    if obstacle is not None:
        raise Conflict(f"this channel cannot send: {obstacle}")


def obstacle_of(stored: StoredChannel, recipients: int = 1) -> str | None:
    """Say what keeps a channel from sending, or None: it can."""
    if stored.channel.is_disabled:
        return "it is switched off"
    provider = find_sender(stored.channel.provider)
    if provider is None:
        return "its provider only receives, or is not known here"
    return provider.obstacle(
        stored.channel,
        has_credential=stored.sealed_credential is not None,
        recipients=recipients,
    )


def most_file_bytes(stored: StoredChannel) -> int:
    """Say how many bytes of files a message of this channel may have; 0 where it takes none."""
    provider = find_sender(stored.channel.provider) if stored.channel.kind == "email" else None
    return provider.MOST_FILE_BYTES if provider else 0


def longest_text(stored: StoredChannel) -> int:
    """Say how many characters a message of this channel may have; none where it sends no text."""
    if stored.channel.kind == "email":
        return LONGEST_MAIL
    provider = find_sender(stored.channel.provider)
    return provider.LONGEST_TEXT if provider else 0

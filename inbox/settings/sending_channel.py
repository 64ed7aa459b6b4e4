"""Whether a channel can send, and how much. Knows providers by what they say of a channel."""

from dataclasses import dataclass

from domain.errors import Conflict
from domain.message import MessageKind
from providers import MEDIA_SENDERS, find_sender
from store.channels import StoredChannel

LONGEST_MAIL = 100_000
MOST_ATTACHMENTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLimits:
    """How many files a message may have, and how many bytes together; 0 where it takes none."""

    most_files: int
    most_bytes: int


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


def file_limits(stored: StoredChannel, kind: MessageKind) -> FileLimits:
    """Say which files a message of this kind may have, if it leaves by this channel."""
    provider = find_sender(stored.channel.provider)
    media = MEDIA_SENDERS.get(stored.channel.provider)
    if kind == "email" and provider is not None:
        return FileLimits(most_files=MOST_ATTACHMENTS, most_bytes=provider.MOST_FILE_BYTES)
    if kind == "sms" and media is not None:
        return FileLimits(most_files=media.MOST_MEDIA, most_bytes=media.MOST_MEDIA_BYTES)
    return FileLimits(most_files=0, most_bytes=0)


def longest_text(stored: StoredChannel) -> int:
    """Say how many characters a message of this channel may have; none where it sends no text."""
    if stored.channel.kind == "email":
        return LONGEST_MAIL
    provider = find_sender(stored.channel.provider)
    return provider.LONGEST_TEXT if provider else 0

"""Whether a channel can send. Knows providers by what they say of a channel."""

from domain.errors import Conflict
from providers import find_provider
from store.channels import StoredChannel


def check_can_send(stored: StoredChannel, recipients: int) -> None:
    """Check that a channel can send to so many.

    Raises: Conflict with what keeps it from that.
    """
    obstacle = obstacle_of(stored, recipients)
    if obstacle is not None:
        raise Conflict(f"this channel cannot send: {obstacle}")


def obstacle_of(stored: StoredChannel, recipients: int = 1) -> str | None:
    """Say what keeps a channel from sending, or None: it can."""
    provider = find_provider(stored.channel.provider)
    if provider is None:
        return "its provider is not known here"
    return provider.obstacle(
        stored.channel,
        has_secrets=stored.sealed_secrets is not None,
        recipients=recipients,
    )

"""Says which channels can be asked for what they have missed. Knows no command and no request."""

from domain.errors import OperatorError
from domain.listing_provider import ListingProvider
from inbox.settings.sending_channel import obstacle_of
from providers import LISTERS
from store.channels import StoredChannel


def lister_of(stored: StoredChannel) -> ListingProvider:
    """Return who lists what came to a channel.

    Raises: OperatorError where nobody does, or may.
    """
    provider = LISTERS.get(stored.channel.provider)
    if provider is None:
        raise OperatorError(
            f"{stored.channel.provider} lists no messages with their texts; "
            f"these do: {', '.join(sorted(LISTERS))}"
        )
    obstacle = obstacle_of(stored) or provider.list_obstacle(stored.channel)
    if obstacle:
        raise OperatorError(f"this channel's provider cannot be asked: {obstacle}")
    return provider

"""The URL that a provider is told to call. The route in `ingest` takes the same path apart."""

from domain.channel import Channel


def webhook_url(public_url: str, channel: Channel) -> str:
    """Write the URL to paste at the provider; several providers sign it to the letter."""
    return f"{public_url.rstrip('/')}/webhooks/{channel.provider}/{channel.token}"

"""Opens the channel whose credential a provider is shown. Knows no provider."""

from domain.channel import Channel
from domain.errors import OperatorError
from domain.fetching_provider import NotFetched, fetch_failed
from domain.sealing import Sealer
from store.channels import find_channel
from store.database import Connection

SEALED = fetch_failed("SECRET_KEY does not open the channel's credential")


async def open_channel(
    conn: Connection, sealer: Sealer, customer_id: int, channel_id: str
) -> Channel | NotFetched | None:
    """Find a channel and open its secrets; None where there is none."""
    stored = await find_channel(conn, customer_id, channel_id)
    try:
        return stored.open(sealer) if stored else None
    except OperatorError:
        return SEALED

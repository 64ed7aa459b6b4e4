"""`inlet simulate --serve-sends`: the provider's send endpoint, until Ctrl-C."""

import asyncio
from collections.abc import Sequence

from app.clean_exit import clean_exit_on_signal
from app.clock import utc_now
from app.listener import listening_socket
from app.simulated_provider import serve_until_stopped, simulated_provider
from app.terminal_output import show_table
from domain.channel import Channel
from simulation import smtp
from simulation.counterpart import Manners
from simulation.send_url import send_url


def run_simulated_provider(
    channels: Sequence[Channel], port: int, public_url: str, server_url: str, manners: Manners
) -> None:
    """Take what these channels send; say first where they have to send it to."""
    with (
        listening_socket("127.0.0.1", port) as listener,
        listening_socket("127.0.0.1", 0) as mail,
        clean_exit_on_signal(),
    ):
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        mail_url = f"smtp://127.0.0.1:{mail.getsockname()[1]}"
        rows = [
            (
                channel.name,
                channel.provider,
                mail_url if channel.provider == smtp.NAME else send_url(base_url, channel),
            )
            for channel in channels
        ]
        show_table(("channel", "provider", "send_url"), rows, empty="No channels.")

        async def play() -> None:
            by_id = {channel.id: channel for channel in channels}
            seed = int(utc_now().timestamp() * 1_000_000)
            async with simulated_provider(
                by_id, public_url, server_url, manners, seed, mail
            ) as server:
                await serve_until_stopped(server, listener)

        asyncio.run(play())

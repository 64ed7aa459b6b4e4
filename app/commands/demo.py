"""`inlet demo`: what `inlet up --demo` starts beside the rest."""

import asyncio
from typing import Annotated

import typer

from app.commands.child_options import StopWithParentOption
from app.demo import play_demo
from app.demo_channels import DEMOS
from app.listener import inherited_socket
from app.logging import configure_logging
from app.operator_session import DEFAULT_CUSTOMER, operator_session
from app.parent_watch import stop_with_parent as watch_parent
from app.settings import load_settings
from domain.channel import Channel
from store.channels import list_channels

app = typer.Typer()


@app.command(hidden=True)
def demo(
    *, fd: Annotated[int, typer.Option(hidden=True)], stop_with_parent: StopWithParentOption = False
) -> None:
    """Play people and their provider for the demo channels."""
    if stop_with_parent:
        watch_parent()
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format, "demo")
    channels = asyncio.run(_demo_channels())
    play_demo(channels, settings.web_url, settings.local_url, inherited_socket(fd))


async def _demo_channels() -> list[Channel]:
    names = {demo.name for demo in DEMOS}
    async with operator_session(DEFAULT_CUSTOMER) as session:
        stored = await list_channels(session.conn, session.customer_id)
    return [
        found.channel
        for found in stored
        if found.channel.name in names and not found.channel.is_disabled
    ]

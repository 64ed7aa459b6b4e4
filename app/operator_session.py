"""What the operator commands have in common: settings, a connection, and on whose behalf.

Knows no command.
"""

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import typer

from app.database import database, owner_database
from app.database_check import check_owner
from app.ids import new_id, new_reply_key, new_token
from app.keys import sealer_of
from app.migrations import schema_is_current
from app.settings import Settings, load_settings
from domain.actor import Actor
from domain.channel import Channel
from domain.errors import OperatorError
from domain.sealing import Sealer
from inbox.settings.channel_setup import ChannelKit
from store.audit import AuditEntry, record_audit
from store.channels import StoredChannel, find_channel
from store.customers import find_customer
from store.database import Connection, connect
from store.notifications import notify_channels

CustomerOption = Annotated[str, typer.Option("--customer", help="Name of the customer.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")]
DEFAULT_CUSTOMER = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorSession:
    """An open connection on behalf of one customer."""

    settings: Settings
    conn: Connection
    customer_id: int

    @property
    def sealer(self) -> Sealer:
        """Return what seals and opens channel secrets in this installation."""
        return sealer_of(self.settings)

    @property
    def channel_kit(self) -> ChannelKit:
        """Return what channels are made with in this installation."""
        return ChannelKit(
            sealer=self.sealer, new_id=new_id, new_token=new_token, new_reply_key=new_reply_key
        )


@asynccontextmanager
async def operator_session(
    customer: str, *, as_owner: bool = False
) -> AsyncGenerator[OperatorSession]:
    """Open the database in use for one customer, as the owner of the tables where that is needed.

    Raises: OperatorError when there is no such database, schema or customer, or it is not ours.
    """
    settings = load_settings()
    with owner_database(settings) if as_owner else database(settings) as url:
        conn = await connect(url, "inlet operator", prepare=False)
        try:
            if as_owner:
                await check_owner(conn)
            if not await schema_is_current(conn):
                raise OperatorError("the database lacks migrations: run `inlet migrate apply`")
            customer_id = await find_customer(conn, customer)
            if customer_id is None:
                raise OperatorError("no customer has this name: see `inlet customer list`")
            yield OperatorSession(settings=settings, conn=conn, customer_id=customer_id)
        finally:
            await conn.close()


def run(command: Coroutine[None, None, None]) -> None:
    """Run a command to its end."""
    asyncio.run(command)


async def get_channel(session: OperatorSession, name_or_id: str) -> StoredChannel:
    """Find a channel by name or id.

    Raises: OperatorError.
    """
    stored = await find_channel(session.conn, session.customer_id, name_or_id)
    if stored is None:
        raise OperatorError("no channel has this name or id: see `inlet channel list`")
    return stored


def event_id(text: str) -> str:
    """Read an event id from the command line.

    Raises: OperatorError.
    """
    try:
        return str(UUID(text))
    except ValueError:
        raise OperatorError("an event id is a UUID: see `inlet events list`") from None


async def record_channel_change(
    session: OperatorSession, channel: Channel, action: str, detail: Mapping[str, Any]
) -> None:
    """Write into the audit what an operator did to a channel, and tell every web process.

    `detail` holds no secret.
    """
    entry = AuditEntry(id=new_id(), action=action, object_id=channel.id, detail=detail)
    await record_audit(session.conn, Actor(customer_id=session.customer_id), [entry])
    await notify_channels(session.conn)

"""A customer's channels over HTTP: listed for filters and for whoever writes, made and changed by
admins. A secret that is made is in one answer, once; those that are given are in none.
"""

from dataclasses import replace
from functools import partial
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.routing import BaseRoute

from domain.api_key import ApiKey
from domain.channel import ChannelKind, SignatureMode
from domain.closing import ClosedRule
from domain.errors import MissingScope, NotFound
from domain.webhook_url import webhook_url
from inbox.http.call import Answer, BodyCall, Endpoint, PlainCall, QueryCall, resource
from inbox.http.cursor import NamePlace
from inbox.http.paging import Listing, ListQuery, answer_rows, name_after
from inbox.http.shared import Shared
from inbox.http.times import present_optional_time
from inbox.settings.channel_access import disable_channel, enable_channel
from inbox.settings.channel_setup import (
    HIGHEST_RATE,
    LEAST_RATE,
    MOST_IDLE_HOURS,
    ChannelKit,
    SendingChange,
    WantedChannel,
    add_channel,
    change_credential,
    change_secrets,
    change_sending,
)
from inbox.settings.sending_channel import obstacle_of
from store.channels import StoredChannel, find_channel, list_channels
from store.database import Connection

_Rate = Annotated[float, Meta(ge=LEAST_RATE, le=HIGHEST_RATE)]
_IdleHours = Annotated[int, Meta(ge=1, le=MOST_IDLE_HOURS)]
_Secrets = Annotated[list[str], Meta(min_length=1, max_length=10)]
_INFOBIP = ".infobip.com"  # whose accounts have a host each
_Addresses = Annotated[list[str], Meta(max_length=1000)]


class ListedChannel(msgspec.Struct, frozen=True):
    """`addresses` are the own addresses, the first one first.

    `obstacle` says in plain words what keeps the channel from sending; null where it can.
    """

    id: str
    kind: str
    name: str
    provider: str
    own_address: str
    addresses: tuple[str, ...]
    can_send: bool
    obstacle: str | None


class ChannelBody(msgspec.Struct, forbid_unknown_fields=True):
    """Without `secrets` one is made, where the provider does not issue it."""

    provider: str
    kind: ChannelKind
    name: str
    address: str
    further_addresses: _Addresses = []
    region: str = "US"
    signature_mode: SignatureMode = "enforce"
    secrets: _Secrets | None = None
    credential: str | None = None
    account: str | None = None
    send_url: str | None = None
    sends_per_second: _Rate | None = None
    closed_policy: ClosedRule | None = None
    idle_hours: _IdleHours | None = None
    reply_addresses: bool = False


class ChannelChangeBody(msgspec.Struct, forbid_unknown_fields=True):
    secrets: _Secrets | UnsetType = UNSET
    credential: str | UnsetType | None = UNSET
    account: str | UnsetType | None = UNSET
    send_url: str | UnsetType | None = UNSET
    sends_per_second: _Rate | UnsetType = UNSET
    closed_policy: ClosedRule | UnsetType = UNSET
    idle_hours: _IdleHours | UnsetType = UNSET
    reply_addresses: bool | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET


class ChannelSetup(msgspec.Struct, frozen=True):
    """`disabled_at` is null while the channel receives and sends."""

    id: str
    kind: ChannelKind
    name: str
    provider: str
    addresses: tuple[str, ...]
    region: str
    signature_mode: SignatureMode
    has_secrets: bool
    has_credential: bool
    account: str | None
    send_url: str | None
    sends_per_second: float
    closed_policy: ClosedRule
    idle_hours: int | None
    reply_addresses: bool
    obstacle: str | None
    disabled_at: str | None
    webhook_url: str


class NewChannel(msgspec.Struct, frozen=True):
    """`secret` is null unless one was made, and where an answer is repeated."""

    channel: ChannelSetup
    secret: str | None


def channel_routes(shared: Shared, kit: ChannelKit) -> list[BaseRoute]:
    """Make the routes of channels."""
    listing = Endpoint(
        "list_channels",
        "conversations:read",
        _list_channels,
        query=ListQuery,
        response=Listing[ListedChannel],
    )
    adding = Endpoint(
        "add_channel",
        "admin",
        partial(_add, kit),
        body=ChannelBody,
        response=NewChannel,
        takes_idempotency_key=True,
        changes_channels=True,
    )
    getting = Endpoint("get_channel", "admin", _get, noun="channel", response=ChannelSetup)
    changing = Endpoint(
        "change_channel",
        "admin",
        partial(_change, kit),
        noun="channel",
        body=ChannelChangeBody,
        response=ChannelSetup,
        changes_channels=True,
    )
    return [
        resource(shared, "/channels", {"GET": listing, "POST": adding}),
        resource(shared, "/channels/{id}", {"GET": getting, "PATCH": changing}),
    ]


async def _add(kit: ChannelKit, conn: Connection, call: BodyCall[ChannelBody]) -> Answer:
    body = call.body
    _check_places(call.key, body.send_url, body.account)
    wanted = WantedChannel(
        provider=body.provider,
        kind=body.kind,
        name=body.name,
        address=body.address,
        further_addresses=body.further_addresses,
        region=body.region,
        signature_mode=body.signature_mode,
        secrets=body.secrets or (),
        credential=body.credential,
        sending=SendingChange(
            account=body.account,
            send_url=body.send_url,
            sends_per_second=body.sends_per_second,
            closed_policy=body.closed_policy,
            idle_hours=body.idle_hours,
            reply_addresses=body.reply_addresses,
        ),
    )
    stored, made = await add_channel(conn, call.actor, kit, wanted)
    shown = NewChannel(channel=_setup(stored, call.shared), secret=made)
    return Answer(value=shown, kept=msgspec.structs.replace(shown, secret=None), status=201)


async def _get(conn: Connection, call: PlainCall) -> Answer:
    return Answer(value=_setup(await _named(conn, call.key, call.id), call.shared))


async def _change(kit: ChannelKit, conn: Connection, call: BodyCall[ChannelChangeBody]) -> Answer:
    body, actor = call.body, call.actor
    stored = await _named(conn, call.key, call.id)
    change = _sending_change(body)
    _check_places(call.key, change.send_url, change.account)
    if change.names:
        stored = await change_sending(conn, actor, kit, stored, change)
    if body.secrets is not UNSET:
        stored = await change_secrets(conn, actor, kit, stored, body.secrets)
    if body.credential is not UNSET:
        credential = (body.credential or "").strip() or None
        stored = await change_credential(conn, actor, kit, stored, credential)
    if body.enabled is not UNSET:
        switched = await (
            enable_channel(conn, actor, stored.channel, entry_id=kit.new_id())
            if body.enabled
            else disable_channel(
                conn, actor, stored.channel, now=call.shared.clock(), entry_id=kit.new_id()
            )
        )
        stored = replace(stored, channel=switched)
    return Answer(value=_setup(stored, call.shared))


def _sending_change(body: ChannelChangeBody) -> SendingChange:
    """Say it as it is changed: what is left out stays, and null takes away."""
    return SendingChange(
        account=None if body.account is UNSET else body.account or "",
        send_url=None if body.send_url is UNSET else body.send_url or "",
        sends_per_second=None if body.sends_per_second is UNSET else body.sends_per_second,
        closed_policy=None if body.closed_policy is UNSET else body.closed_policy,
        idle_hours=None if body.idle_hours is UNSET else body.idle_hours,
        reply_addresses=None if body.reply_addresses is UNSET else body.reply_addresses,
    )


def _check_places(key: ApiKey, send_url: str | None, account: str | None) -> None:
    """Let only those who run the installation say which hosts the worker connects to.

    Raises: MissingScope.
    """
    names_a_host = "." in (account or "") and not (account or "").strip("/ ").endswith(_INFOBIP)
    if (send_url or names_a_host) and not key.allows("installation:read"):
        raise MissingScope("a host of your own is set by those who run the installation")


async def _named(conn: Connection, key: ApiKey, channel_id: str) -> StoredChannel:
    stored = await find_channel(conn, key.customer_id, channel_id)
    if stored is None or stored.channel.id != channel_id:
        raise NotFound("there is no such channel")
    return stored


def _setup(stored: StoredChannel, shared: Shared) -> ChannelSetup:
    channel = stored.channel
    return ChannelSetup(
        id=channel.id,
        kind=channel.kind,
        name=channel.name,
        provider=channel.provider,
        addresses=channel.own_addresses,
        region=channel.region,
        signature_mode=channel.signature_mode,
        has_secrets=stored.sealed_secrets is not None,
        has_credential=stored.sealed_credential is not None,
        account=channel.account,
        send_url=channel.send_url,
        sends_per_second=channel.sends_per_second,
        closed_policy=channel.closed_policy.rule,
        idle_hours=channel.closed_policy.idle_hours,
        reply_addresses=channel.reply_key is not None,
        obstacle=obstacle_of(stored),
        disabled_at=present_optional_time(channel.disabled_at),
        webhook_url=webhook_url(shared.public_url, channel),
    )


async def _list_channels(conn: Connection, call: QueryCall[ListQuery]) -> Answer:
    after = name_after(call) or ""
    stored = await list_channels(conn, call.key.customer_id)
    # Sorted here, since a cursor's name is compared here.
    rows = sorted((row for row in stored if row.channel.name > after), key=_name_of)
    return answer_rows(call, rows, _listed, lambda row: NamePlace(_name_of(row)))


def _name_of(stored: StoredChannel) -> str:
    return stored.channel.name


def _listed(stored: StoredChannel) -> ListedChannel:
    channel = stored.channel
    obstacle = obstacle_of(stored)
    return ListedChannel(
        id=channel.id,
        kind=channel.kind,
        name=channel.name,
        provider=channel.provider,
        own_address=channel.own_address,
        addresses=channel.own_addresses,
        can_send=obstacle is None,
        obstacle=obstacle,
    )

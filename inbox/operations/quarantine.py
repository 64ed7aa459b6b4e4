"""Looks again at deliveries that were refused, and lets them through after all.

The channel's present secrets decide; only the age of a signature is forgiven. Whoever may do it
has been decided before.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from domain.actor import Actor
from domain.channel import Channel
from domain.delivery import Delivery, SignatureCheck
from domain.errors import Conflict, NotFound, OperatorError, Unreadable
from domain.event import InboundEvent, SignatureResult, unreadable_event
from domain.provider import Provider
from domain.sealing import Sealer
from domain.signature import explain_signature
from inbox.operations.reason import checked_reason
from store.audit import AuditEntry, record_audit
from store.channels import find_channel
from store.database import Connection
from store.event_listing import event_status
from store.events import NewEvent, record_events
from store.quarantine import WholeQuarantined, find_quarantined, hold_quarantined, mark_released
from store.wake import wake

_LONGEST_TEXT = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspector:
    """What it takes to check a signature again: the providers, and what opens the secrets.

    `public_url` is what providers are told now. A signature may cover it, and a wrong one is as
    good a reason for a refusal as a wrong secret; None knows of none but that of the time.
    """

    providers: Mapping[str, Provider]
    sealer: Sealer
    public_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """A refused delivery and how its signature looks with the channel's present secrets.

    `check` is None where that cannot be said, and `obstacle` then says why. An `obstacle` beside
    a check is what keeps it from a release as verified.
    """

    found: WholeQuarantined
    check: SignatureCheck | None
    obstacle: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The events of a released delivery; those of `known_ids` had arrived otherwise."""

    event_ids: tuple[str, ...]
    known_ids: tuple[str, ...]
    signature: SignatureResult


async def inspect_quarantined(
    conn: Connection, customer_id: int, delivery_id: str, inspector: Inspector
) -> Inspection:
    """Compute the signature of a refused delivery again.

    Raises: NotFound.
    """
    found = await find_quarantined(conn, customer_id, delivery_id)
    if found is None:
        raise NotFound("there is no such refused delivery")
    return (await _inspect(conn, customer_id, found, inspector))[0]


async def release_quarantined(
    conn: Connection,
    actor: Actor,
    delivery_id: str,
    inspector: Inspector,
    *,
    reason: str | None,
    is_unverified: bool = False,
    new_id: Callable[[], str],
) -> Release:
    """Record the events of a refused delivery as if it had been accepted when it arrived.

    Call it in a transaction. With `is_unverified` the signature need not match.
    Raises: NotFound; Conflict where it was released already or cannot be; ValidationFailed.
    """
    given_reason = checked_reason(reason)
    await hold_quarantined(conn, actor.customer_id, delivery_id)
    found = await find_quarantined(conn, actor.customer_id, delivery_id)
    if found is None:
        raise NotFound("there is no such refused delivery")
    if found.listed.released_at is not None:
        raise Conflict("it was released already")
    if found.listed.is_cut:
        raise Conflict("its body was too long to be kept whole")
    inspection, channel = await _inspect(conn, actor.customer_id, found, inspector)
    provider = inspector.providers.get(channel.provider)
    if provider is None:
        raise Conflict("this version knows no such provider")
    if inspection.obstacle is not None and not is_unverified:
        raise Conflict(inspection.obstacle)
    signature: SignatureResult = "failed" if inspection.obstacle is not None else "verified"
    release = await _record(conn, channel, found, provider, signature, new_id)
    await mark_released(conn, actor.customer_id, delivery_id)
    detail = {
        "channel_id": channel.id,
        "signature": signature,
        "event_ids": release.event_ids,
        "known": len(release.known_ids),
    } | ({"reason": given_reason} if given_reason else {})
    entry = AuditEntry(
        id=new_id(), action="quarantine.released", object_id=delivery_id, detail=detail
    )
    await record_audit(conn, actor, [entry])
    await wake(conn)
    return release


async def _inspect(
    conn: Connection, customer_id: int, found: WholeQuarantined, inspector: Inspector
) -> tuple[Inspection, Channel]:
    stored = await find_channel(conn, customer_id, found.listed.channel_id)
    if stored is None:
        raise NotFound("there is no such channel")
    check, obstacle = _check(found, stored.channel, stored.sealed_secrets, inspector)
    return Inspection(found=found, check=check, obstacle=obstacle), stored.channel


def _check(
    found: WholeQuarantined, channel: Channel, sealed: bytes | None, inspector: Inspector
) -> tuple[SignatureCheck | None, str | None]:
    if found.listed.is_cut:
        return None, "its body was too long to be kept whole"
    provider = inspector.providers.get(channel.provider)
    if provider is None:
        return None, "this version knows no such provider"
    try:
        secrets = inspector.sealer.open(sealed, channel.secrets_place)
    except OperatorError as error:
        return None, error.detail
    checks = [
        explain_signature(
            provider.signed(replace(found.delivery, url=url), secrets, found.listed.received_at)
        )
        for url in _urls(found.url, inspector.public_url)
    ]
    check = next((tried for tried in checks if tried.is_match), checks[0])
    return check, None if check.is_match else "its signature matches none of the channel's secrets"


def _urls(received: str, public_url: str | None) -> Sequence[str]:
    """Spell the webhook URL as it would be today, and as it was."""
    path, mark, query = received.partition("?")
    start = path.rfind("/webhooks/")
    if public_url is None or start < 0:
        return (received,)
    today = public_url.rstrip("/") + path[start:] + mark + query
    return (today,) if today == received else (today, received)


async def _record(
    conn: Connection,
    channel: Channel,
    found: WholeQuarantined,
    provider: Provider,
    signature: SignatureResult,
    new_id: Callable[[], str],
) -> Release:
    delivery = found.delivery
    kept = {name: value for name, value in found.headers.items() if name != "content-type"}
    headers = msgspec.json.encode(kept).decode()
    rows = [
        _row(event, channel, delivery, signature, headers, new_id())
        for event in _split(provider, delivery, channel)
    ]
    await record_events(conn, rows)
    event_ids = list(dict.fromkeys([await _event_id(conn, row) for row in rows]))
    made = {row.id for row in rows}
    return Release(
        event_ids=tuple(event_ids),
        known_ids=tuple(event_id for event_id in event_ids if event_id not in made),
        signature=signature,
    )


async def _event_id(conn: Connection, row: NewEvent) -> str:
    found = await event_status(conn, row.customer_id, row.channel_id, row.dedup_key)
    return found[0] if found else row.id


def _split(provider: Provider, delivery: Delivery, channel: Channel) -> Sequence[InboundEvent]:
    try:
        return provider.split(delivery, channel.kind)
    except Unreadable:
        return [unreadable_event(delivery.body)]


def _row(
    event: InboundEvent,
    channel: Channel,
    delivery: Delivery,
    signature: SignatureResult,
    headers: str,
    event_id: str,
) -> NewEvent:
    return NewEvent(
        channel.customer_id,
        event_id,
        channel.id,
        channel.provider,
        event.kind,
        event.provider_message_id,
        event.dedup_key,
        signature,
        headers,
        delivery.content_type[:_LONGEST_TEXT],
        event.body,
        delivery.received_at,
    )

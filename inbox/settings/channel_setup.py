"""Makes channels and changes how they send. Used by the API and by the command line; knows neither.

What is wrong is named by its field. Secrets are sealed here and never given back.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from urllib.parse import urlsplit

import phonenumbers

from domain.actor import Actor
from domain.address import canonicalise
from domain.channel import Channel, ChannelKind, SignatureMode
from domain.closing import ClosedPolicy, ClosedRule
from domain.errors import Conflict, invalid_field, wrong_field
from domain.mail_handover import read_mail_server
from domain.provider import Provider
from domain.sealing import Sealer
from providers import REGISTRY, find_provider, find_sender, smtp
from store.audit import AuditEntry, record_audit
from store.channels import (
    StoredChannel,
    insert_channel,
    set_channel,
    set_channel_credential,
    set_channel_secrets,
)
from store.database import Connection
from store.notifications import notify_channels

LEAST_RATE, HIGHEST_RATE = 0.01, 1000
MOST_IDLE_HOURS = 87_600
# Short codes, alphanumeric senders (11 characters in GSM networks), and `scheme:value` handles.
_HANDLE = re.compile(
    r"[0-9]{3,8}|(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9 _.&-]{0,10}|[a-z][a-z0-9]*:\S+"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelKit:
    """What channels are made with."""

    sealer: Sealer
    new_id: Callable[[], str]
    new_token: Callable[[], str]
    new_reply_key: Callable[[], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingChange:
    """How a channel is to send, and what a close means; None stays, empty takes a setting away."""

    account: str | None = None
    send_url: str | None = None
    sends_per_second: float | None = None
    closed_policy: ClosedRule | None = None
    idle_hours: int | None = None
    reply_addresses: bool | None = None

    @property
    def names(self) -> list[str]:
        """List what is to be changed."""
        return [name for name, value in asdict(self).items() if value is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedChannel:
    """A channel that is to be made. Without secrets one is made, where its provider lets us."""

    provider: str
    kind: ChannelKind
    name: str
    address: str
    further_addresses: Sequence[str] = ()
    region: str = "US"
    signature_mode: SignatureMode = "enforce"
    secrets: Sequence[str] = ()
    credential: str | None = None
    sending: SendingChange = SendingChange()


async def add_channel(
    conn: Connection, actor: Actor, kit: ChannelKit, wanted: WantedChannel
) -> tuple[StoredChannel, str | None]:
    """Make a channel; return it with the secret that was made for it, if one was.

    Call it in a transaction. Raises: ValidationFailed, Conflict where the name is taken.
    """
    provider = _provider(wanted.provider, wanted.kind)
    region = wanted.region.upper()
    addresses = _own_addresses(wanted, region)
    name = _checked_name(wanted.name)
    given = checked_secrets(wanted.secrets)
    made = None if given or wanted.signature_mode == "off" else _made_secret(provider)
    secrets = [made] if made else given
    credential = _first_credential(provider.NAME, wanted.credential, next(iter(secrets), None))
    channel = with_sending(
        Channel(
            customer_id=actor.customer_id,
            id=kit.new_id(),
            token=kit.new_token(),
            kind=wanted.kind,
            provider=provider.NAME,
            name=name,
            own_address=addresses[0],
            further_addresses=tuple(sorted(addresses[1:])),
            region=region,
            signature_mode=wanted.signature_mode,
        ),
        wanted.sending,
        kit.new_reply_key,
    )
    stored = StoredChannel(
        channel=channel,
        sealed_secrets=kit.sealer.seal(secrets, channel.secrets_place) if secrets else None,
        sealed_credential=kit.sealer.seal([credential], channel.credential_place)
        if credential
        else None,
    )
    if not await insert_channel(conn, stored):
        raise Conflict("a channel has this name already")
    detail = {
        "provider": channel.provider,
        "kind": channel.kind,
        "signature_mode": channel.signature_mode,
    }
    await _record(conn, actor, kit, channel, "channel.added", detail)
    return stored, made


async def change_sending(
    conn: Connection, actor: Actor, kit: ChannelKit, stored: StoredChannel, change: SendingChange
) -> StoredChannel:
    """Change how a channel sends and what a close means.

    Call it in a transaction, as those below. Raises: ValidationFailed.
    """
    changed = with_sending(stored.channel, change, kit.new_reply_key)
    await set_channel(conn, changed)
    await _record(conn, actor, kit, changed, "channel.changed", {"options": change.names})
    return replace(stored, channel=changed)


async def change_secrets(
    conn: Connection, actor: Actor, kit: ChannelKit, stored: StoredChannel, secrets: Sequence[str]
) -> StoredChannel:
    """Verify webhooks with these from now on, newest first.

    Raises: ValidationFailed.
    """
    channel = stored.channel
    sealed = kit.sealer.seal(checked_secrets(secrets), channel.secrets_place)
    await set_channel_secrets(conn, channel.customer_id, channel.id, sealed)
    detail = {"secrets": len(secrets)}
    await _record(conn, actor, kit, channel, "channel.secrets_changed", detail)
    return replace(stored, sealed_secrets=sealed)


async def change_credential(
    conn: Connection, actor: Actor, kit: ChannelKit, stored: StoredChannel, given: str | None
) -> StoredChannel:
    """Show the provider this from now on; None takes away what the channel has."""
    channel = stored.channel
    sealed = kit.sealer.seal([given], channel.credential_place) if given else None
    await set_channel_credential(conn, channel.customer_id, channel.id, sealed)
    detail = {"has_credential": sealed is not None}
    await _record(conn, actor, kit, channel, "channel.credential_changed", detail)
    return replace(stored, sealed_credential=sealed)


def with_sending(
    channel: Channel, change: SendingChange, new_reply_key: Callable[[], bytes]
) -> Channel:
    """Return the channel as the change makes it.

    Raises: ValidationFailed.
    """
    rule = change.closed_policy or channel.closed_policy.rule
    idle_hours = change.idle_hours
    if idle_hours is None and rule == channel.closed_policy.rule:
        idle_hours = channel.closed_policy.idle_hours
    if (rule == "new_after_idle") != (idle_hours is not None):
        raise wrong_field(
            "idle_hours",
            "invalid",
            "idle_hours belongs to the closed policy new_after_idle, and is needed",
        )
    account = channel.account if change.account is None else change.account.strip() or None
    return replace(
        channel,
        account=account,
        send_url=channel.send_url
        if change.send_url is None
        else _checked_url(change.send_url, channel.provider),
        sends_per_second=change.sends_per_second or channel.sends_per_second,
        closed_policy=ClosedPolicy(rule=rule, idle_hours=idle_hours),
        reply_key=_reply_key(channel, new_reply_key, is_wanted=change.reply_addresses),
    )


def own_address(written: str, kind: ChannelKind, region: str, field: str = "address") -> str:
    """Return the canonical form of a channel's own address; of two forms the one that was typed.

    Raises: ValidationFailed for what nobody could send to.
    """
    if region not in phonenumbers.SUPPORTED_REGIONS:
        expected = "an ISO 3166 country of two letters, such as US"
        raise invalid_field("region", "invalid", expected)
    canonical = canonicalise(written, kind, region)
    if canonical.is_validated:
        return canonical.written or canonical.address.value
    if kind == "email":
        raise invalid_field(field, "invalid", "an e-mail address, such as help@example.com")
    if canonical.address.kind == "handle" and _HANDLE.fullmatch(canonical.address.value):
        return canonical.written or canonical.address.value
    expected = (
        f"a phone number of {region} or one with + and country code, "
        "a short code, or an alphanumeric sender"
    )
    raise invalid_field(field, "invalid", expected)


def checked_secrets(secrets: Sequence[str]) -> Sequence[str]:
    """Check that nobody can sign with nothing.

    Raises: ValidationFailed.
    """
    if not all(secret.strip() for secret in secrets):
        raise wrong_field(
            "secrets", "invalid", "secrets must not be empty: anybody could sign with that"
        )
    return secrets


def _own_addresses(wanted: WantedChannel, region: str) -> Sequence[str]:
    addresses = [own_address(wanted.address, wanted.kind, region)]
    for written in wanted.further_addresses:
        addresses.append(own_address(written, wanted.kind, region, "further_addresses"))
    if len(set(addresses)) < len(addresses):
        detail = "further_addresses names an address twice, or the first one"
        raise wrong_field("further_addresses", "invalid", detail)
    return addresses


def _provider(name: str, kind: ChannelKind) -> Provider:
    provider = find_provider(name)
    if provider is None:
        raise invalid_field("provider", "unknown", f"one of: {', '.join(sorted(REGISTRY))}")
    if kind not in provider.CHANNEL_KINDS:
        kinds = ", ".join(sorted(provider.CHANNEL_KINDS))
        detail = f"provider {provider.NAME} has channels of kind {kinds} only"
        raise wrong_field("kind", "invalid", detail)
    return provider


def _checked_name(name: str) -> str:
    stripped = name.strip()
    if not stripped or not stripped.isprintable():
        raise invalid_field("name", "invalid", "a line of text")
    return stripped


def _made_secret(provider: Provider) -> str:
    made = provider.new_secret()
    if made is None:
        raise wrong_field(
            "secrets",
            "required",
            f"secrets must be given: only {provider.NAME} can issue its secret; "
            "or check no signatures",
        )
    return made


def _first_credential(provider: str, given: str | None, newest_secret: str | None) -> str | None:
    """Choose what a new channel sends with: what was given, else a secret that is for both."""
    sender = find_sender(provider)
    if given is not None:
        return given.strip() or None
    return newest_secret if sender is not None and sender.SECRET_IS_CREDENTIAL else None


def _reply_key(
    channel: Channel, new_reply_key: Callable[[], bytes], *, is_wanted: bool | None
) -> bytes | None:
    """Keep the key, make one, or take it away, with all reply addresses that it has signed."""
    if is_wanted is None:
        return channel.reply_key
    if not is_wanted:
        return None
    if channel.kind != "email":
        detail = "reply_addresses belongs to channels of kind email"
        raise wrong_field("reply_addresses", "invalid", detail)
    return channel.reply_key or new_reply_key()


def _checked_url(written: str, provider: str) -> str | None:
    url = written.strip()
    if not url:
        return None
    if provider == smtp.NAME:
        try:
            read_mail_server(url)
        except ValueError as error:
            raise wrong_field("send_url", "invalid", f"send_url {error}") from None
        return url
    try:
        parts = urlsplit(url)
        has_place = bool(parts.hostname) and parts.port != 0 and not parts.fragment
        is_fine = parts.scheme in ("http", "https") and has_place
    except ValueError:
        is_fine = False
    if not is_fine or any(char.isspace() for char in url):
        raise invalid_field("send_url", "invalid", "an http:// or https:// URL")
    return url


async def _record(
    conn: Connection,
    actor: Actor,
    kit: ChannelKit,
    channel: Channel,
    action: str,
    detail: Mapping[str, object],
) -> None:
    """Write into the audit what was done, without a secret, and tell every web process."""
    entry = AuditEntry(id=kit.new_id(), action=action, object_id=channel.id, detail=detail)
    await record_audit(conn, actor, [entry])
    await notify_channels(conn)

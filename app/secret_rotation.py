"""Changes the key that seals the secrets of channels and hooks, while everything that runs goes on.

First the new key is kept beside the old one, so that both can be read; then every value is sealed
anew, in one transaction. Stopped anywhere, everything opens, and the next run goes on from there.
"""

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from secrets import token_urlsafe

from app.ids import new_id
from app.keys import (
    older_keys_path,
    read_older_keys,
    replace_keys,
    sealer_of,
    secret_key_path,
    secret_keys,
)
from app.settings import Settings
from domain.actor import Actor
from domain.errors import OperatorError
from domain.hook import secrets_place
from domain.sealing import Sealer
from store.audit import AuditEntry, record_audit
from store.channels import (
    StoredChannel,
    hold_sealed_channels,
    set_channel_credential,
    set_channel_secrets,
)
from store.database import Connection
from store.hooks import hold_sealed_hooks, set_hook_secrets
from store.notifications import notify_channels

_BY_HAND = (
    "SECRET_KEY is set: set OLD_SECRET_KEY to it and SECRET_KEY to a new one for every process and "
    "this command, replace the processes, then run this again"
)


async def rotate_secret_key(conn: Connection, settings: Settings, customer_id: int) -> int:
    """Seal everything with a new key; return how many channels had something sealed anew.

    Raises: OperatorError where the keys are set by hand and there is no old one, or where a value
    does not open: then nothing is changed.
    """
    if settings.secret_key and not settings.old_secret_key:
        raise OperatorError(_BY_HAND)
    with _nobody_else_rotates(settings):
        if not settings.secret_key and not await _goes_on(conn, settings):
            await _seal_anew(conn, sealer_of(settings), check_only=True)
            await _seal_hooks_anew(conn, sealer_of(settings), check_only=True)
            keep_new_key(settings)
        async with conn.transaction():
            count = await _seal_anew(conn, sealer_of(settings))
            detail = {"channels": count, "hooks": await _seal_hooks_anew(conn, sealer_of(settings))}
            entry = AuditEntry(id=new_id(), action="secret_key.rotated", detail=detail)
            await record_audit(conn, Actor(customer_id=customer_id), [entry])
            await notify_channels(conn)
    return count


def keep_new_key(settings: Settings) -> None:
    """Put a new key before those that are kept; the old ones are written first."""
    keys = secret_keys(settings)
    replace_keys(older_keys_path(settings), keys)
    replace_keys(secret_key_path(settings), [token_urlsafe()])


async def forget_old_keys(conn: Connection, settings: Settings) -> int:
    """Remove the keys of before from the data folder; return how many there were.

    Raises: OperatorError where something is still sealed with one of them.
    """
    with _nobody_else_rotates(settings):
        sealer = sealer_of(settings)
        async with conn.transaction():
            held = await hold_sealed_channels(conn)
            hooks = await hold_sealed_hooks(conn)
        left = [stored.channel.name for stored in held if not _is_newest(stored, sealer)]
        left += [hook.id for hook in hooks if not sealer.is_newest(hook.secrets)]
        if left:
            raise OperatorError("an old key still seals values: run `inlet secret rotate` first")
        older = read_older_keys(settings)
        older_keys_path(settings).unlink(missing_ok=True)
    return len(older)


async def _goes_on(conn: Connection, settings: Settings) -> bool:
    """Say whether a rotation before this one was stopped before everything was sealed anew."""
    if not read_older_keys(settings):
        return False
    sealer = sealer_of(settings)
    async with conn.transaction():
        hooks = await hold_sealed_hooks(conn)
        return not all(
            [
                *(_is_newest(stored, sealer) for stored in await hold_sealed_channels(conn)),
                *(sealer.is_newest(hook.secrets) for hook in hooks),
            ]
        )


async def _seal_anew(conn: Connection, sealer: Sealer, *, check_only: bool = False) -> int:
    changed = 0
    async with conn.transaction():
        for stored in await hold_sealed_channels(conn):
            channel = stored.channel
            try:
                secrets = sealer.open(stored.sealed_secrets, channel.secrets_place)
                credential = sealer.open(stored.sealed_credential, channel.credential_place)
            except OperatorError as error:
                raise OperatorError(f"channel {channel.name}: {error.detail}") from None
            if check_only or _is_newest(stored, sealer):
                continue
            changed += 1
            ids = (channel.customer_id, channel.id)
            if stored.sealed_secrets is not None:
                sealed = sealer.seal(secrets, channel.secrets_place)
                await set_channel_secrets(conn, *ids, sealed)
            if stored.sealed_credential is not None:
                sealed = sealer.seal(credential, channel.credential_place)
                await set_channel_credential(conn, *ids, sealed)
    return changed


async def _seal_hooks_anew(conn: Connection, sealer: Sealer, *, check_only: bool = False) -> int:
    changed = 0
    async with conn.transaction():
        for hook in await hold_sealed_hooks(conn):
            place = secrets_place(hook.customer_id, hook.id)
            try:
                secrets = sealer.open(hook.secrets, place)
            except OperatorError as error:
                raise OperatorError(f"hook {hook.id}: {error.detail}") from None
            if check_only or sealer.is_newest(hook.secrets):
                continue
            changed += 1
            sealed = sealer.seal(secrets, place)
            until = hook.second_secret_until
            await set_hook_secrets(conn, hook.customer_id, hook.id, sealed, until)
    return changed


def _is_newest(stored: StoredChannel, sealer: Sealer) -> bool:
    sealed = (stored.sealed_secrets, stored.sealed_credential)
    return all(value is None or sealer.is_newest(value) for value in sealed)


@contextmanager
def _nobody_else_rotates(settings: Settings) -> Generator[None]:
    """Hold the data folder; keys that are set by hand lie in none."""
    if settings.secret_key:
        yield
        return
    folder = os.open(secret_key_path(settings).parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)

"""The secret key is changed while everything runs; stopped anywhere, everything opens."""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from command_line import Inlet, command_line, refused
from conftest import OpenConnection
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from operator_samples import a_channel, second_customer
from psycopg import sql

from app.ids import new_id
from app.keys import sealer_of, secret_keys
from app.secret_rotation import keep_new_key
from app.settings import Settings
from domain.channel import Channel
from domain.errors import OperatorError
from domain.hook import secrets_place
from domain.sealing import Sealer
from store.channels import StoredChannel, find_channel, insert_channel
from store.hooks import NewHook, StoredHook, insert_hook, list_hooks

_SECRETS, _CREDENTIAL = ("whsec_bmV3", "whsec_b2xk"), "an API key"
_OLD, _NEW = "the secret key of before", "the secret key from now on"


@pytest.fixture
def inlet(
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Inlet:
    """Run commands of an installation that keeps its key in the data folder."""
    made = command_line(database_url, tmp_path, monkeypatch, capsys)
    monkeypatch.delenv("SECRET_KEY")
    return made


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


def _channels(customer_id: int = 2) -> tuple[Channel, ...]:
    checked = replace(a_channel("checked"), signature_mode="enforce")
    return checked, replace(a_channel("others", customer_id=customer_id), signature_mode="enforce")


async def _furnish(open_connection: OpenConnection, sealer: Sealer) -> None:
    async with open_connection() as conn:
        await second_customer(conn)
        for channel in _channels():
            stored = StoredChannel(
                channel=channel,
                sealed_secrets=sealer.seal(_SECRETS, channel.secrets_place),
                sealed_credential=sealer.seal([_CREDENTIAL], channel.credential_place),
            )
            assert await insert_channel(conn, stored)


async def _stored(open_connection: OpenConnection) -> list[StoredChannel]:
    async with open_connection() as conn:
        found = [
            await find_channel(conn, channel.customer_id, channel.id) for channel in _channels()
        ]
    return [stored for stored in found if stored is not None]


def _open_all(stored: list[StoredChannel], sealer: Sealer) -> None:
    assert len(stored) == 2
    for each in stored:
        channel = each.open(sealer)
        assert (channel.secrets, channel.credential) == (_SECRETS, _CREDENTIAL)


def test_what_runs_opens_what_was_sealed_anew(
    inlet: Inlet, settings: Settings, open_connection: OpenConnection, run: Callable[..., Any]
) -> None:
    running = sealer_of(settings)
    [old] = secret_keys(settings)
    run(_furnish, open_connection, running)
    before = run(_stored, open_connection)
    assert inlet("secret", "rotate", "--json").json == {"channels": 2}
    after = run(_stored, open_connection)
    _open_all(after, running)
    new, kept = secret_keys(settings)
    assert (kept, new == old) == (old, False)
    _open_all(after, Sealer(new))
    _open_all(before, sealer_of(settings))
    assert (settings.data_dir / "secret_key.old").stat().st_mode & 0o777 == 0o600
    assert inlet("secret", "forget", "--json").json == {"forgotten": 1}
    assert secret_keys(settings) == (new,)
    _open_all(run(_stored, open_connection), sealer_of(settings))


async def _make_hook(open_connection: OpenConnection, sealer: Sealer) -> None:
    hook_id = new_id()
    hook = NewHook(
        id=hook_id,
        url="https://crm.example.com/",
        types=["note.created.v1"],
        channel_id=None,
        secrets=sealer.seal(_SECRETS, secrets_place(1, hook_id)),
        created_by=None,
    )
    async with open_connection() as conn:
        assert await insert_hook(conn, 1, hook, 1)


async def _hooks(open_connection: OpenConnection) -> list[StoredHook]:
    async with open_connection() as conn:
        return await list_hooks(conn, 1)


def test_secrets_of_hooks_are_sealed_anew(
    inlet: Inlet, settings: Settings, open_connection: OpenConnection, run: Callable[..., Any]
) -> None:
    run(_make_hook, open_connection, sealer_of(settings))
    keep_new_key(settings)
    refused(inlet("secret", "forget"), "run `inlet secret rotate` first")
    assert inlet("secret", "rotate", "--json").json == {"channels": 0}
    assert inlet("secret", "forget", "--json").json == {"forgotten": 1}
    [hook] = run(_hooks, open_connection)
    assert sealer_of(settings).open(hook.secrets, secrets_place(1, hook.id)) == _SECRETS


def test_a_rotation_that_was_stopped_goes_on_with_the_same_key(
    inlet: Inlet, settings: Settings, open_connection: OpenConnection, run: Callable[..., Any]
) -> None:
    running = sealer_of(settings)
    run(_furnish, open_connection, running)
    keep_new_key(settings)
    _open_all(run(_stored, open_connection), sealer_of(settings))
    _open_all(run(_stored, open_connection), running)
    keys = secret_keys(settings)
    refused(inlet("secret", "forget"), "run `inlet secret rotate` first")
    assert inlet("secret", "rotate", "--json").json == {"channels": 2}
    assert secret_keys(settings) == keys
    assert inlet("secret", "rotate", "--json").json == {"channels": 2}
    assert secret_keys(settings)[1:] == keys
    _open_all(run(_stored, open_connection), running)


def test_the_old_keys_written_and_the_new_one_not_is_no_loss(
    inlet: Inlet, settings: Settings, open_connection: OpenConnection, run: Callable[..., Any]
) -> None:
    run(_furnish, open_connection, sealer_of(settings))
    [old] = secret_keys(settings)
    (settings.data_dir / "secret_key.old").write_text(f"{old}\n")
    assert secret_keys(settings) == (old,)
    assert inlet("secret", "rotate").code == 0
    assert secret_keys(settings)[1:] == (old,)
    _open_all(run(_stored, open_connection), sealer_of(settings))


def test_keys_that_are_set_by_hand_are_rotated_by_hand(
    inlet: Inlet,
    monkeypatch: pytest.MonkeyPatch,
    open_connection: OpenConnection,
    run: Callable[..., Any],
) -> None:
    run(_furnish, open_connection, Sealer(_OLD))
    monkeypatch.setenv("SECRET_KEY", _OLD)
    refused(inlet("secret", "rotate"), "set OLD_SECRET_KEY to it")
    monkeypatch.setenv("SECRET_KEY", _NEW)
    monkeypatch.setenv("OLD_SECRET_KEY", "a key that sealed nothing here")
    refused(inlet("secret", "rotate"), "channel checked: SECRET_KEY does not open")
    _open_all(run(_stored, open_connection), Sealer(_OLD))
    monkeypatch.setenv("OLD_SECRET_KEY", _OLD)
    assert "2 channels" in inlet("secret", "rotate").out
    _open_all(run(_stored, open_connection), Sealer(_NEW))


def test_a_value_that_does_not_open_stops_it_before_a_key_is_made(
    inlet: Inlet, settings: Settings, open_connection: OpenConnection, run: Callable[..., Any]
) -> None:
    keys = secret_keys(settings)
    run(_furnish, open_connection, Sealer("a key of somebody else"))
    refused(inlet("secret", "rotate"), "channel checked: SECRET_KEY does not open")
    assert secret_keys(settings) == keys


async def _as_before(open_connection: OpenConnection, key: str) -> None:
    """Seal everything as version 0.2 did: by Fernet, bound to no place."""
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"inlet channel secrets")
    fernet = Fernet(urlsafe_b64encode(derive.derive(key.encode())))
    async with open_connection() as conn:
        for values, column in ((_SECRETS, "secrets"), ((_CREDENTIAL,), "credential")):
            sealed = fernet.encrypt(msgspec.json.encode(values))
            update = sql.SQL("UPDATE channels SET {} = %s").format(sql.Identifier(column))
            await conn.execute(update, (sealed,))


def test_what_was_sealed_the_old_way_opens_and_is_bound_to_its_place_then(
    inlet: Inlet, settings: Settings, open_connection: OpenConnection, run: Callable[..., Any]
) -> None:
    running = sealer_of(settings)
    run(_furnish, open_connection, running)
    run(_as_before, open_connection, secret_keys(settings)[0])
    _open_all(run(_stored, open_connection), running)
    assert inlet("secret", "rotate", "--json").json == {"channels": 2}
    stored = run(_stored, open_connection)
    _open_all(stored, running)
    moved = replace(stored[1], sealed_secrets=stored[0].sealed_secrets)
    with pytest.raises(OperatorError, match="SECRET_KEY does not open"):
        moved.open(running)

"""The two keys every installation needs, kept in the data folder.

Knows how they are kept, not what is done with them.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from secrets import token_urlsafe

from app.ids import new_id, new_key
from app.settings import Settings
from domain.api_key import hash_key
from domain.errors import OperatorError
from domain.sealing import Sealer
from store.agents import find_agent_by_name, insert_agent
from store.api_keys import find_key, give_key, insert_key
from store.database import Connection
from store.owned_files import read_owned, write_new

_DEFAULT_CUSTOMER = 1
_FIRST_AGENT = "Admin"


def secret_keys(settings: Settings) -> tuple[str, ...]:
    """Return what encrypts channel secrets, the newest first: what is sealed is sealed with that.

    SECRET_KEY and OLD_SECRET_KEY, else those kept in the data folder.
    """
    older = (settings.old_secret_key,) if settings.old_secret_key else ()
    if settings.secret_key:
        return settings.secret_key, *older
    newest = _kept(secret_key_path(settings), token_urlsafe)
    kept = [key for key in read_older_keys(settings) if key != newest]
    return newest, *kept, *older


def sealer_of(settings: Settings) -> Sealer:
    """Return what seals and opens channel secrets, also after the keys were rotated meanwhile."""
    newest, *older = secret_keys(settings)
    return Sealer(newest, older, lambda: secret_keys(settings))


def secret_key_path(settings: Settings) -> Path:
    """Return where the newest secret key is kept, unless SECRET_KEY sets it."""
    return _folder(settings) / "secret_key"


def older_keys_path(settings: Settings) -> Path:
    """Return where the secret keys of before are kept, newest first, one a line."""
    return _folder(settings) / "secret_key.old"


def read_older_keys(settings: Settings) -> list[str]:
    """Read the secret keys of before."""
    path = older_keys_path(settings)
    try:
        return read_owned(path).decode().split()
    except FileNotFoundError:
        return []
    except OSError as error:
        raise OperatorError(f"{path}: {error.strerror}") from None


def admin_key(settings: Settings) -> str:
    """Return the admin's API key: INLET_ADMIN_KEY, else the one kept in the data folder."""
    return settings.inlet_admin_key or _kept(admin_key_path(settings), new_key)


def admin_key_path(settings: Settings) -> Path:
    """Return where the admin's key is kept, unless INLET_ADMIN_KEY sets it."""
    return _folder(settings) / "admin_key"


def _folder(settings: Settings) -> Path:
    return settings.data_dir.expanduser().resolve()


async def ensure_admin_key(conn: Connection, key: str) -> None:
    """Let the key in, with every scope, for the default customer and its first agent.

    Raises: OperatorError when it was revoked.
    """
    key_hash = hash_key(key)
    await insert_key(
        conn,
        customer_id=_DEFAULT_CUSTOMER,
        key_id=new_id(),
        name="admin",
        key_hash=key_hash,
        scopes=["admin"],
    )
    known = await find_key(conn, key_hash)
    if known is not None and known.agent_id is None:
        await give_key(conn, known, await _first_agent(conn))
    if known is None:
        raise OperatorError(
            "the admin key was revoked: set another INLET_ADMIN_KEY, or remove admin_key "
            "from the data folder for a new one"
        )


async def _first_agent(conn: Connection) -> str:
    """Return the agent that the admin key speaks for, made where it is missing."""
    agent = await insert_agent(
        conn, _DEFAULT_CUSTOMER, agent_id=new_id(), name=_FIRST_AGENT, role="admin"
    ) or await find_agent_by_name(conn, _DEFAULT_CUSTOMER, _FIRST_AGENT)
    if agent is None:
        raise OperatorError("the first agent vanished while it was made: start again")
    return agent.id


def replace_keys(path: Path, keys: Sequence[str]) -> None:
    """Replace a file of keys as a whole; whoever reads it sees those of before or these.

    Raises: OperatorError.
    """
    draft = path.with_name(f"{path.name}.{new_id()}")
    try:
        write_new(draft, ("\n".join(keys) + "\n").encode())
        draft.replace(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(folder)
        os.close(folder)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise OperatorError(f"{path}: {error.strerror}") from None


def _kept(path: Path, make: Callable[[], str]) -> str:
    """Read a key from its file, made first where it is missing.

    The file appears whole or not at all; of two processes that make it at once, one wins.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() and not path.is_symlink():
            _write_once(path, make())
        key = read_owned(path).decode().strip()
    except OSError as error:
        raise OperatorError(f"{path}: {error.strerror}") from None
    if not key:
        raise OperatorError(f"{path} is empty: restore it, or remove it for a new key")
    return key


def _write_once(path: Path, key: str) -> None:
    unfinished = path.with_name(f"{path.name}.{new_id()}")
    try:
        write_new(unfinished, f"{key}\n".encode())
        os.link(unfinished, path)
    except FileExistsError:
        return
    finally:
        unfinished.unlink(missing_ok=True)

"""The role that web and workers log in as. A role is the whole server's, so no migration makes it.

It uses rows and changes no table. Whoever may not make roles goes on without it, as the owner.
"""

from dataclasses import dataclass

from store.database import Connection, DatabaseError, connect
from store.schema import connection_parameters
from store.sql import statements

APP = "inlet_app"
NO_APP = "the role inlet_app is not there, or may not use the tables"
MAKE_APP = (
    "let whoever may run `CREATE ROLE inlet_app LOGIN PASSWORD '...'` and grant it to the owner of "
    "the tables, then run `inlet migrate apply`"
)

_SQL = statements("app_role")
_MAKE_ROLE = _SQL["make_role"]
_TELL_PASSWORD = _SQL["tell_password"]
_LET_LOG_IN = _SQL["let_log_in"]
_OPEN_SCHEMA = _SQL["open_schema"]
_OPEN_TABLES = _SQL["open_tables"]
_JOIN_APP = _SQL["join_app"]
_IS_OPEN = _SQL["is_open"]
_READ_LOGIN = _SQL["read_login"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Who logged in, and whether that is more than web and workers need."""

    role_name: str
    is_superuser: bool
    is_owner: bool


async def ensure_app_role(conn: Connection, app_url: str) -> bool:
    """Make the role and open the tables to it, as far as we may; says whether it can use them.

    Where `app_url` logs in as the role, it can from now on, with the password that is there.
    """
    parameters = connection_parameters(app_url) if app_url else {}
    async with conn.transaction():
        await conn.execute(_MAKE_ROLE)
    if parameters.get("user") == APP and not await _can_log_in(app_url):
        await _let_log_in(conn, parameters.get("password", ""))
    async with conn.transaction():
        await conn.execute(_OPEN_SCHEMA)
        await conn.execute(_OPEN_TABLES)
        await conn.execute(_JOIN_APP)
        return await app_can_work(conn)


async def app_can_work(conn: Connection) -> bool:
    """Say whether the role is there and may use this database's tables."""
    row = await (await conn.execute(_IS_OPEN)).fetchone()
    return bool(row and row[0])


async def read_login(conn: Connection) -> Login:
    """Read who this connection logged in as."""
    [(role_name, is_superuser, is_owner)] = await (await conn.execute(_READ_LOGIN)).fetchall()
    return Login(role_name=role_name, is_superuser=is_superuser, is_owner=is_owner)


async def _let_log_in(conn: Connection, password: str) -> None:
    """Hashed here, so that no log of the server has the password."""
    hashed = ""
    if password:
        algorithm = b"scram-sha-256"
        encrypted = conn.pgconn.encrypt_password(password.encode(), APP.encode(), algorithm)
        hashed = encrypted.decode()
    async with conn.transaction():
        await conn.execute(_TELL_PASSWORD, {"hashed": hashed})
        await conn.execute(_LET_LOG_IN)


async def _can_log_in(app_url: str) -> bool:
    try:
        async with await connect(app_url, "inlet migrate", prepare=False):
            return True
    except DatabaseError:
        return False

"""API keys over HTTP, for admins. The text of a key is in one answer, once, and nowhere else."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.routing import BaseRoute

from inbox.conversations.present import Listing, present_time
from inbox.http.call import Answer, Call, Endpoint, resource
from inbox.http.cursor import fingerprint
from inbox.http.id_page import id_after, page_by_id
from inbox.http.ids import id_in_body, id_in_path
from inbox.http.list_query import parse_list_query
from inbox.http.next_page import next_link
from inbox.http.shared import Shared
from inbox.settings.keys import WantedKey, add_key, remove_key
from store.api_keys import ListedKey, list_keys
from store.database import Connection
from store.position import Position


class KeyRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Without scopes, the key of an agent may do what the role allows."""

    name: str
    scopes: list[str] | None = None
    agent_id: str | None = None
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None


class NewKey(msgspec.Struct, frozen=True):
    """`key` is null where an answer is repeated for an Idempotency-Key: nobody keeps it."""

    id: str
    name: str
    scopes: list[str]
    agent_id: str | None
    expires_at: str | None
    key: str | None


class Key(msgspec.Struct, frozen=True):
    id: str
    name: str
    scopes: list[str]
    agent_id: str | None
    created_at: str
    expires_at: str | None
    last_used_at: str | None
    revoked_at: str | None


def key_routes(shared: Shared, new_key: Callable[[], str]) -> list[BaseRoute]:
    """Make the routes of API keys; `new_key` makes the text of one."""

    async def add(conn: Connection, call: Call) -> Answer:
        return await _add(conn, call, new_key())

    listing = Endpoint(name="list_keys", scope="admin", handler=_list_keys, takes_query=True)
    adding = Endpoint(name="add_key", scope="admin", handler=add)
    revoking = Endpoint(name="revoke_key", scope="admin", handler=_revoke)
    return [
        resource(shared, "/keys", {"GET": listing, "POST": adding}),
        resource(shared, "/keys/{id}", {"DELETE": revoking}),
    ]


async def _list_keys(conn: Connection, call: Call) -> Answer:
    query = parse_list_query(call.query_pairs())
    belongs_to = fingerprint("keys", call.key.customer_id)
    after_id = id_after(query.cursor, belongs_to)
    rows = [
        row
        for row in await list_keys(conn, call.key.customer_id)
        if after_id is None or row.id < after_id
    ]
    items = [_key(row) for row in rows[: query.limit]]
    page = page_by_id(rows, query.limit, lambda row: Position(row.created_at, row.id), belongs_to)
    return Answer(value=Listing[Key](items, page), headers=next_link(call, page.next_cursor))


async def _add(conn: Connection, call: Call, text: str) -> Answer:
    asked = call.body(KeyRequest)
    agent_id = None if asked.agent_id is None else id_in_body(asked.agent_id, "agent_id")
    wanted = WantedKey(
        name=asked.name, scopes=asked.scopes, agent_id=agent_id, expires_at=asked.expires_at
    )
    shared = call.shared
    made = await add_key(conn, call.actor, text, wanted, now=shared.clock(), new_id=shared.new_id)
    shown = NewKey(
        id=made.id,
        name=made.name,
        scopes=made.scopes,
        agent_id=made.agent_id,
        expires_at=_time(made.expires_at),
        key=text,
    )
    return Answer(value=shown, kept=msgspec.structs.replace(shown, key=None), status=201)


async def _revoke(conn: Connection, call: Call) -> Answer:
    named = id_in_path(call, "key")
    await remove_key(conn, call.actor, named, entry_id=call.shared.new_id())
    return Answer(status=204)


def _key(row: ListedKey) -> Key:
    return Key(
        id=row.id,
        name=row.name,
        scopes=row.scopes,
        agent_id=row.agent_id,
        created_at=present_time(row.created_at),
        expires_at=_time(row.expires_at),
        last_used_at=_time(row.last_used_at),
        revoked_at=_time(row.revoked_at),
    )


def _time(at: datetime | None) -> str | None:
    return present_time(at) if at else None

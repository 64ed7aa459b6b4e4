"""API keys over HTTP, for admins. The text of a key is in one answer, once, and nowhere else."""

from collections.abc import Callable

import msgspec
from starlette.routing import BaseRoute

from inbox.http.call import Answer, BodyCall, Endpoint, PlainCall, QueryCall, resource
from inbox.http.cursor import IdPlace
from inbox.http.paging import Listing, ListQuery, answer_rows, id_after
from inbox.http.shared import Shared
from inbox.http.times import present_optional_time, present_time
from inbox.http.values import BodyTime, Id
from inbox.settings.keys import WantedKey, add_key, remove_key
from store.api_keys import ListedKey, list_keys
from store.database import Connection


class KeyBody(msgspec.Struct, forbid_unknown_fields=True):
    """Without scopes, the key of an agent may do what the role allows."""

    name: str
    scopes: list[str] | None = None
    agent_id: Id | None = None
    expires_at: BodyTime | None = None


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

    async def add(conn: Connection, call: BodyCall[KeyBody]) -> Answer:
        return await _add(conn, call, new_key())

    listing = Endpoint("list_keys", "admin", _list_keys, query=ListQuery, response=Listing[Key])
    adding = Endpoint(
        "add_key", "admin", add, body=KeyBody, response=NewKey, takes_idempotency_key=True
    )
    revoking = Endpoint("revoke_key", "admin", _revoke, noun="key")
    return [
        resource(shared, "/keys", {"GET": listing, "POST": adding}),
        resource(shared, "/keys/{id}", {"DELETE": revoking}),
    ]


async def _list_keys(conn: Connection, call: QueryCall[ListQuery]) -> Answer:
    after = id_after(call)
    stored = await list_keys(conn, call.key.customer_id)
    rows = [row for row in stored if after is None or row.id < after]
    return answer_rows(call, rows, _key, lambda row: IdPlace(row.id))


async def _add(conn: Connection, call: BodyCall[KeyBody], text: str) -> Answer:
    body = call.body
    wanted = WantedKey(
        name=body.name, scopes=body.scopes, agent_id=body.agent_id, expires_at=body.expires_at
    )
    shared = call.shared
    made = await add_key(conn, call.actor, text, wanted, now=shared.clock(), new_id=shared.new_id)
    shown = NewKey(
        id=made.id,
        name=made.name,
        scopes=made.scopes,
        agent_id=made.agent_id,
        expires_at=present_optional_time(made.expires_at),
        key=text,
    )
    return Answer(value=shown, kept=msgspec.structs.replace(shown, key=None), status=201)


async def _revoke(conn: Connection, call: PlainCall) -> Answer:
    await remove_key(conn, call.actor, call.id, entry_id=call.shared.new_id())
    return Answer(status=204)


def _key(row: ListedKey) -> Key:
    return Key(
        id=row.id,
        name=row.name,
        scopes=row.scopes,
        agent_id=row.agent_id,
        created_at=present_time(row.created_at),
        expires_at=present_optional_time(row.expires_at),
        last_used_at=present_optional_time(row.last_used_at),
        revoked_at=present_optional_time(row.revoked_at),
    )

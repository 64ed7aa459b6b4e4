"""What was done, by whom and when, over HTTP."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec
from starlette.routing import BaseRoute

from inbox.http.call import Answer, Endpoint, QueryCall, resource
from inbox.http.cursor import IdPlace
from inbox.http.paging import Listing, ListQuery, answer_rows, id_after
from inbox.http.shared import Shared
from inbox.http.times import present_time
from inbox.http.values import Id, NotAcceptable, Reads
from inbox.settings.agent_name import Agent, agent_name
from store.audit import AuditFilter, StoredEntry, list_audit
from store.database import Connection

_ACTION = re.compile(r"[a-z_]{1,50}\.[a-z_]{1,50}")


class AuditItem(msgspec.Struct, frozen=True):
    """Without an agent a program did it; without a key, Inlet itself or an operator."""

    id: str
    at: str
    action: str
    agent: Agent | None
    key_id: str | None
    conversation_id: str | None
    object_id: str | None
    detail: Mapping[str, Any]
    request_id: str | None


def _read_action(text: str) -> str:
    if not _ACTION.fullmatch(text):
        raise NotAcceptable("not_an_action", "two words with a dot, as conversation.assigned")
    return text


class AuditQuery(ListQuery, frozen=True, kw_only=True):
    agent_id: Id | None = None
    action: Annotated[str, Reads(_read_action)] | None = None
    conversation_id: Id | None = None
    object_id: Id | None = None
    after: datetime | None = None
    before: datetime | None = None


def audit_routes(shared: Shared) -> list[BaseRoute]:
    """Make the route of the audit."""
    listing = Endpoint(
        "list_audit", "audit:read", _list_audit, query=AuditQuery, response=Listing[AuditItem]
    )
    return [resource(shared, "/audit", {"GET": listing})]


async def _list_audit(conn: Connection, call: QueryCall[AuditQuery]) -> Answer:
    query = call.query
    rows = await list_audit(
        conn,
        call.key.customer_id,
        AuditFilter(
            agent_id=query.agent_id,
            action=query.action,
            conversation_id=query.conversation_id,
            object_id=query.object_id,
            after=query.after,
            before=query.before,
        ),
        before_id=id_after(call),
        row_count=query.limit + 1,
    )
    return answer_rows(call, rows, _item, lambda row: IdPlace(row.id))


def _item(row: StoredEntry) -> AuditItem:
    return AuditItem(
        id=row.id,
        at=present_time(row.at),
        action=row.action,
        agent=agent_name(row.agent_id, row.agent_name),
        key_id=row.key_id,
        conversation_id=row.conversation_id,
        object_id=row.object_id,
        detail=row.detail,
        request_id=row.request_id,
    )

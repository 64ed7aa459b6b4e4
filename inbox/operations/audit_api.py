"""What was done, by whom and when, over HTTP."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.routing import BaseRoute

from inbox.conversations.present import Agent, Listing, present_time
from inbox.http.call import Answer, Call, Endpoint, resource
from inbox.http.cursor import fingerprint
from inbox.http.id_page import id_after, page_by_id
from inbox.http.list_query import parse_audit_query
from inbox.http.next_page import next_link
from inbox.http.shared import Shared
from inbox.settings.agent_name import agent_name
from store.audit import AuditFilter, StoredEntry, list_audit
from store.database import Connection
from store.position import Position


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


def audit_routes(shared: Shared) -> list[BaseRoute]:
    """Make the route of the audit."""
    listing = Endpoint(name="list_audit", scope="audit:read", handler=_list_audit, takes_query=True)
    return [resource(shared, "/audit", {"GET": listing})]


async def _list_audit(conn: Connection, call: Call) -> Answer:
    query = parse_audit_query(call.query_pairs())
    belongs_to = _fingerprint(call.key.customer_id, query.wanted)
    rows = await list_audit(
        conn,
        call.key.customer_id,
        query.wanted,
        before_id=id_after(query.cursor, belongs_to),
        row_count=query.limit + 1,
    )
    items = [_item(row) for row in rows[: query.limit]]
    page = page_by_id(rows, query.limit, lambda row: Position(row.at, row.id), belongs_to)
    return Answer(value=Listing[AuditItem](items, page), headers=next_link(call, page.next_cursor))


def _fingerprint(customer_id: int, wanted: AuditFilter) -> bytes:
    return fingerprint(
        "audit",
        customer_id,
        wanted.conversation_id,
        wanted.object_id,
        wanted.agent_id,
        wanted.action,
        wanted.after and wanted.after.isoformat(),
        wanted.before and wanted.before.isoformat(),
    )


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

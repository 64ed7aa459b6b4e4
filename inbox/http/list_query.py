"""Reads the queries of lists that are walked by name or by id. Knows no list."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from domain.address import Address
from inbox.http.parameters import (
    NotAcceptable,
    Parameters,
    number_up_to,
    one_of,
    read_addresses,
    read_time,
    read_uuid,
)
from store.audit import AuditFilter

DEFAULT_LIMIT = 50
MOST_ROWS = 200
_ACTION = re.compile(r"[a-z_]{1,50}\.[a-z_]{1,50}")

ListOrder = Literal["newest", "oldest"]
_ORDERS: Mapping[str, ListOrder] = {"newest": "newest", "oldest": "oldest"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ListQuery:
    limit: int
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedQuery(ListQuery):
    order: ListOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactQuery(ListQuery):
    """`addresses` are what the address that is looked for may mean; none looks for all."""

    addresses: tuple[Address, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery(ListQuery):
    wanted: AuditFilter


def parse_list_query(pairs: Sequence[tuple[str, str]]) -> ListQuery:
    """Read the query of a list that has one order only.

    Raises: UnknownParameter, ValidationFailed.
    """
    given = Parameters(pairs, "limit", "cursor")
    query = ListQuery(limit=_limit(given), cursor=given.read("cursor", str, None))
    given.finish()
    return query


def parse_ordered_query(pairs: Sequence[tuple[str, str]]) -> OrderedQuery:
    """Read the query of a list that can begin at either end.

    Raises: UnknownParameter, ValidationFailed.
    """
    given = Parameters(pairs, "order", "limit", "cursor")
    query = OrderedQuery(
        order=given.read("order", one_of(_ORDERS), "newest"),
        limit=_limit(given),
        cursor=given.read("cursor", str, None),
    )
    given.finish()
    return query


def parse_contact_query(pairs: Sequence[tuple[str, str]]) -> ContactQuery:
    """Read the query of the contact list.

    Raises: UnknownParameter, ValidationFailed.
    """
    given = Parameters(pairs, "address", "limit", "cursor")
    query = ContactQuery(
        addresses=given.read("address", read_addresses, ()),
        limit=_limit(given),
        cursor=given.read("cursor", str, None),
    )
    given.finish()
    return query


def parse_audit_query(pairs: Sequence[tuple[str, str]]) -> AuditQuery:
    """Read the query of the audit.

    Raises: UnknownParameter, ValidationFailed.
    """
    given = Parameters(
        pairs, "agent_id", "action", "conversation_id", "object_id", "after", "before",
        "limit", "cursor",
    )  # fmt: skip
    wanted = AuditFilter(
        agent_id=given.read("agent_id", read_uuid, None),
        action=given.read("action", _action, None),
        conversation_id=given.read("conversation_id", read_uuid, None),
        object_id=given.read("object_id", read_uuid, None),
        after=given.read("after", read_time, None),
        before=given.read("before", read_time, None),
    )
    query = AuditQuery(wanted=wanted, limit=_limit(given), cursor=given.read("cursor", str, None))
    given.finish()
    return query


def _limit(given: Parameters) -> int:
    return given.read("limit", number_up_to(MOST_ROWS), DEFAULT_LIMIT)


def _action(text: str) -> str:
    if not _ACTION.fullmatch(text):
        raise NotAcceptable("not_an_action", "two words with a dot, as conversation.assigned")
    return text

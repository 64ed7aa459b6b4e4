"""What tests of plans ask of a plan: which indexes it reads, which tables it reads whole."""

from collections.abc import Iterator, Mapping
from hashlib import md5
from typing import Any
from uuid import UUID

from store.database import connect


async def explain(url: str, how: bytes, statement: bytes, given: Mapping[str, Any]) -> Any:
    """Explain a statement; `how` ends where the statement begins."""
    async with await connect(url, "tests") as conn:
        cursor = await conn.execute(how + statement, given)
        (row,) = await cursor.fetchall()
    return row[0][0]["Plan"]


def indexes(plan: dict[str, Any]) -> set[str]:
    """List the indexes that were really read."""
    return {node["Index Name"] for node in _run(plan) if "Index Name" in node}


def read_whole(plan: dict[str, Any]) -> set[str]:
    """List the tables that are read from end to end."""
    return {node["Relation Name"] for node in _nodes(plan) if node["Node Type"] == "Seq Scan"}


def buffers(plan: dict[str, Any]) -> int:
    """Count what was read, in buffers of 8 KiB."""
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


def id_of(text: str) -> str:
    """Make the id that the scripts make of a text."""
    return str(UUID(md5(text.encode(), usedforsecurity=False).hexdigest()))


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from _nodes(child)


def _run(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (node for node in _nodes(plan) if node.get("Actual Loops", 1))

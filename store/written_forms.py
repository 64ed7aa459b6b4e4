"""In which form a number came in last: what is sent goes to that form. Knows no country."""

from collections.abc import Sequence

from store.database import Connection
from store.sql import statements

_FIND_WRITTEN_FORMS = statements("written_forms")["find_written_forms"]


async def find_written_forms(
    conn: Connection, customer_id: int, message_id: str, values: Sequence[str]
) -> dict[str, str]:
    """Return the form of each of these addresses that is known, for a message of ours."""
    cursor = await conn.execute(
        _FIND_WRITTEN_FORMS,
        {"customer_id": customer_id, "message_id": message_id, "values": list(values)},
    )
    return {row[0]: row[1] for row in await cursor.fetchall() if row[1] is not None}

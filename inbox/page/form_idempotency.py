"""A form that sends something does it once, however often it is sent: by the key of its page."""

from collections.abc import Awaitable, Callable

from domain.errors import Malformed
from inbox.http.idempotency import Written, answer_once
from inbox.page.page_request import PageRequest
from store.database import Connection
from store.idempotency import RequestKey

SEND_KEY = "idempotency_key"
_LONGEST = 100


async def submit_once(
    conn: Connection, page_request: PageRequest, act: Callable[[Connection], Awaitable[str]]
) -> str:
    """Do what the form asks, or return what came of it when it was sent before.

    Raises: Malformed, IdempotencyInProgress, IdempotencyKeyReused, and what `act` raises.
    """
    given = page_request.form.get(SEND_KEY, "")
    if not given or len(given) > _LONGEST or page_request.actor.key_id is None:
        raise Malformed(f"the form must have its {SEND_KEY}")
    key = RequestKey(
        customer_id=page_request.actor.customer_id,
        key_id=page_request.actor.key_id,
        idempotency_key=f"page-{given}",
    )

    async def run(inner: Connection) -> Written:
        answer = (await act(inner)).encode()
        return Written(status=303, body=answer, headers={}, kept_body=answer)

    written = await answer_once(conn, key, page_request.request, page_request.fingerprint, run)
    return written.body.decode()

"""One event for one hook: what is posted, and what came back each time."""

import msgspec
from starlette.responses import Response

from inbox.hooks.actions_page import named_delivery
from inbox.hooks.hooks import get_hook
from inbox.hooks.page_views import DELIVERIES, HOOKS, STATUS_WORDS, attempt_rows, error_words
from inbox.hooks.payload import make_payload
from inbox.operations.done_message import done_message
from inbox.operations.page_format import instant, plain_word
from inbox.operations.page_frame import show
from inbox.operations.page_views import Pair
from inbox.page.page_request import PageRequest
from store.database import Connection
from store.hook_deliveries import ListedDelivery, list_attempts
from store.hooks import StoredHook

_MOST_ATTEMPTS = 200
_MOST_SHOWN = 20_000


async def show_delivery(page_request: PageRequest) -> Response:
    """Show an event with the request as it would be made now, and every attempt."""
    clock = page_request.clock
    async with page_request.shared.pool.connection() as conn:
        delivery = await named_delivery(conn, page_request)
        customer_id = page_request.key.customer_id
        hook = await get_hook(conn, customer_id, delivery.hook_id)
        attempts = await list_attempts(conn, customer_id, delivery.id, _MOST_ATTEMPTS)
        return await show(
            conn,
            page_request,
            "hook_delivery.html",
            "hooks",
            path=f"{DELIVERIES}/{delivery.id}",
            type=delivery.type,
            status_tag=STATUS_WORDS[delivery.status],
            is_settled=delivery.status != "pending",
            is_awaited=delivery.status == "pending" and hook.disabled_at is None,
            hook_href=f"{HOOKS}/{hook.id}",
            url=hook.url,
            facts=_facts(delivery, hook, page_request),
            body=await _body(conn, delivery),
            attempts=attempt_rows(attempts, clock),
            said=done_message(page_request),
        )


def _facts(delivery: ListedDelivery, hook: StoredHook, page_request: PageRequest) -> list[Pair]:
    clock = page_request.clock
    facts = [Pair(label="Happened", at=instant(delivery.happened_at, clock))]
    if delivery.message_status:
        facts.append(Pair(label="Status told", text=plain_word(delivery.message_status)))
    if delivery.next_attempt_at and not hook.disabled_at:
        facts.append(Pair(label="Next attempt", at=instant(delivery.next_attempt_at, clock)))
    if delivery.settled_at:
        facts.append(Pair(label="Settled", at=instant(delivery.settled_at, clock)))
    if delivery.error_class:
        facts.append(Pair(label="Latest failure", text=error_words(delivery.error_class)))
    if delivery.conversation_id:
        facts.append(
            Pair(
                label="Conversation",
                text=delivery.conversation_id,
                href=f"/inbox/c/{delivery.conversation_id}",
                is_code=True,
            )
        )
    return [*facts, Pair(label="webhook-id", text=delivery.id, is_code=True)]


async def _body(conn: Connection, delivery: ListedDelivery) -> str:
    """Write what would be posted now; nothing of a payload is kept. Empty where it is gone."""
    payload = await make_payload(conn, delivery)
    return msgspec.json.format(payload, indent=2).decode()[:_MOST_SHOWN] if payload else ""

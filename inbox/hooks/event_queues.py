"""Hooks that lead to a queue: made, given a credential and removed by operators alone.

A queue may lie in a network of ours, and what opens it belongs to whoever keeps the installation;
so the API shows these hooks, tries and replays them, and changes what they are told, but not where
they lead. Knows no command and no connection to a queue.
"""

from domain.actor import Actor
from domain.errors import OperatorError
from domain.event_queue import SqsQueue, is_event_queue, read_event_queue
from domain.hook import secrets_place
from inbox.hooks.hooks import HookKit, WantedHook, forget_hook, get_hook, keep_hook
from providers.parts.aws_request import access_key
from store.audit import AuditEntry, record_audit
from store.database import Connection
from store.hooks import StoredHook, set_hook_secrets


async def add_event_queue(
    conn: Connection, actor: Actor, kit: HookKit, wanted: WantedHook, credential: str
) -> StoredHook:
    """Make a hook that leads to a queue.

    Raises: OperatorError, ValidationFailed, Conflict where there are enough hooks.
    """
    _check_credential(wanted.url, credential)
    return await keep_hook(conn, actor, kit, wanted, credential)


async def change_credential(
    conn: Connection, actor: Actor, kit: HookKit, hook_id: str, credential: str
) -> None:
    """Give a queue's hook another credential.

    Raises: NotFound, OperatorError.
    """
    hook = await _get_queue(conn, actor, hook_id)
    _check_credential(hook.url, credential)
    sealed = kit.sealer.seal([credential], secrets_place(actor.customer_id, hook_id))
    await set_hook_secrets(conn, actor.customer_id, hook_id, sealed, None)
    entry = AuditEntry(
        id=kit.new_id(), action="hook.credential_changed", object_id=hook_id, detail={}
    )
    await record_audit(conn, actor, [entry])


async def remove_event_queue(conn: Connection, actor: Actor, kit: HookKit, hook_id: str) -> None:
    """Forget a queue's hook with everything that it was told or is to be told.

    Raises: NotFound, OperatorError.
    """
    await _get_queue(conn, actor, hook_id)
    await forget_hook(conn, actor, kit, hook_id)


async def _get_queue(conn: Connection, actor: Actor, hook_id: str) -> StoredHook:
    hook = await get_hook(conn, actor.customer_id, hook_id)
    if not is_event_queue(hook.url):
        raise OperatorError("this hook leads to a web server: change it at /api/hooks")
    return hook


def _check_credential(url: str, credential: str) -> None:
    queue = read_event_queue(url)
    if queue is None:
        raise OperatorError(
            "the URL must be sqs+https://sqs.REGION.amazonaws.com/ACCOUNT/QUEUE (at another host "
            "with ?region=REGION) or nats://HOST:PORT/SUBJECT, without a user or password"
        )
    if isinstance(queue, SqsQueue) and access_key(credential) is None:
        raise OperatorError("the credential of SQS is ACCESS_KEY_ID:SECRET_ACCESS_KEY")

"""Looks at hooks: whether any does not work, is far behind, or has a secret that does not open."""

from datetime import datetime, timedelta

from app.finding import Finding, ok, warn, wrong
from domain.errors import OperatorError
from domain.hook import secrets_place
from domain.sealing import Sealer
from store.customers import list_customers
from store.database import Connection
from store.hook_deliveries import count_hooks
from store.hooks import StoredHook, list_hooks

_FAR_BEHIND = timedelta(hours=1)
_LOOK = "see /ops/hooks or `GET /api/hooks`"


async def examine_hooks(conn: Connection, now: datetime, sealer: Sealer) -> Finding:
    """Look at the hooks of all customers; the worst of what is found is said."""
    hooks = [
        hook
        for customer in await list_customers(conn)
        for hook in await list_hooks(conn, customer.id)
    ]
    closed = sum(not _opens(hook, sealer) for hook in hooks)
    if closed:
        mend = "restore the SECRET_KEY that sealed them, or make other hooks in their place"
        return wrong("hooks", f"the secrets of {closed} do not open", mend)
    counts = await count_hooks(conn)
    if counts.disabled:
        mend = f"{_LOOK}: each says why; mend its receiver and switch it on, or remove it"
        return warn("hooks", f"{counts.disabled} disabled by Inlet", mend)
    waited = now - counts.waiting_since if counts.waiting_since else timedelta()
    if waited > _FAR_BEHIND:
        hours = waited.total_seconds() / 3600
        detail = f"{counts.waiting} events wait, the first for {hours:.0f} h; {counts.failing} fail"
        return warn("hooks", detail, f"{_LOOK}: the log of a hook has the answers; is a worker up?")
    return ok("hooks", f"{len(hooks)}, {counts.failing} failing, {counts.waiting} events waiting")


def _opens(hook: StoredHook, sealer: Sealer) -> bool:
    try:
        sealer.open(hook.secrets, secrets_place(hook.customer_id, hook.id))
    except OperatorError:
        return False
    return True

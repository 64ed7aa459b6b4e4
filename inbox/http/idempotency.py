"""One answer per Idempotency-Key, decided and kept in the transaction of the request itself."""

from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from typing import NamedTuple

from starlette.requests import Request

from domain.actor import Actor
from domain.errors import FieldError, IdempotencyInProgress, IdempotencyKeyReused, ValidationFailed
from store.database import Connection
from store.idempotency import KeptAnswer, RequestKey, find_answer, keep_answer, lock_key

_HEADER = "Idempotency-Key"
_LONGEST = 255
_REPLAYED: Mapping[str, str] = {"Idempotent-Replayed": "true"}


class Written(NamedTuple):
    """An answer; `kept_body` is what later requests with the same key get as its body."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    kept_body: bytes


def request_key(request: Request, actor: Actor) -> RequestKey | None:
    """Read the key of a request; None where there is none.

    Raises: ValidationFailed.
    """
    given = request.headers.get(_HEADER)
    if given is None or actor.key_id is None:
        return None
    if not (1 <= len(given) <= _LONGEST and given.isascii() and given.isprintable()):
        detail = f"{_HEADER} must be 1 to {_LONGEST} printable ASCII characters"
        wrong = FieldError(location="header", name=_HEADER, code="not_a_key", detail=detail)
        raise ValidationFailed(detail, (wrong,))
    return RequestKey(customer_id=actor.customer_id, key_id=actor.key_id, idempotency_key=given)


async def answer_once(
    conn: Connection,
    key: RequestKey,
    request: Request,
    content: bytes,
    run: Callable[[Connection], Awaitable[Written]],
) -> Written:
    """Answer as this key was answered before, or run and keep the answer.

    Raises: IdempotencyInProgress, IdempotencyKeyReused.
    """
    if not await lock_key(conn, key):
        raise IdempotencyInProgress("a request with this Idempotency-Key is still running")
    fingerprint = sha256(b"\0".join((_line(request), content))).digest()
    kept = await find_answer(conn, key)
    if kept and kept.fingerprint != fingerprint:
        raise IdempotencyKeyReused("this Idempotency-Key belongs to another request")
    if kept:
        return Written(kept.status, kept.body, _REPLAYED, kept.body)
    written = await run(conn)
    await keep_answer(conn, key, KeptAnswer(fingerprint, written.status, written.kept_body))
    return written


def _line(request: Request) -> bytes:
    return f"{request.method} {request.url.path}?{request.url.query}".encode()

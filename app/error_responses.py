"""Answers a request that cannot be answered as asked: every error becomes a problem document.

A caller learns the stable code and the request id; what broke inside is for the log.
"""

import structlog
from starlette.exceptions import HTTPException
from starlette.types import Scope, Send

from domain.errors import ChannelDisabled, MethodNotAllowed, NotFound, Refusal, Unavailable
from domain.problem import MEDIA_TYPE, problem_document
from domain.where_raised import where_raised
from store.database import DatabaseUnavailable

_LOG = structlog.get_logger(__name__)

_WEBHOOKS = "/webhooks"


async def send_problem(error: Exception, scope: Scope, send: Send) -> None:
    """Send the problem document of an error; log it unless the caller is to blame, or
    an operator wanted it so."""
    refusal, headers = _refusal_of(error)
    if refusal.status >= 500 and not isinstance(refusal, ChannelDisabled):
        _LOG.error(
            "request_failed",
            request_id=scope["request_id"],
            route=getattr(scope.get("route"), "path", None),
            code=refusal.code,
            error_class=type(error).__name__,
            where=where_raised(error),
        )
    body = problem_document(refusal, problem_instance(scope["path"]), scope["request_id"])
    fields = {
        "content-type": MEDIA_TYPE,
        "content-length": str(len(body)),
        **refusal.headers,
        **headers,
    }
    encoded = [(name.lower().encode(), value.encode()) for name, value in fields.items()]
    await send({"type": "http.response.start", "status": refusal.status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})


def problem_instance(path: str) -> str:
    """Return what a problem document may repeat: the path of a webhook holds a secret token."""
    return _WEBHOOKS if path.startswith(f"{_WEBHOOKS}/") else path


def _refusal_of(error: Exception) -> tuple[Refusal, dict[str, str]]:
    match error:
        case Refusal():
            return error, {}
        case HTTPException(status_code=404):
            return NotFound("there is nothing at this path"), {}
        case HTTPException(status_code=405):
            allowed = ", ".join(sorted(((error.headers or {}).get("Allow") or "").split(", ")))
            return MethodNotAllowed(f"this path takes {allowed}"), {"allow": allowed}
        case DatabaseUnavailable():
            return Unavailable("the database is away"), {}
        case _:
            return Refusal("this request failed; the log names the cause by its request id"), {}

"""uvicorn's HTTP protocol for clients that cannot be trusted to be quick, or to be few.

A head or body that comes too slowly is answered 408, too many connections of one address 503, and
who takes nothing of its answer is cut. Streams and slow readers go on: they take something.
`check_timeouts` finds all this once a second, so a quick request pays for no timer and no clock.
"""

import asyncio
from typing import Any, Literal, cast

from uvicorn._types import HTTPScope
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from app.connection_limits import SLOW_BODY, SLOW_HEAD, TAKES_NOTHING, TOO_MANY, ConnectionLimits
from app.error_responses import problem_instance
from app.ids import new_id
from app.lingering_transport import LingeringTransport
from app.version import VERSION
from domain.errors import Malformed, Refusal, RequestTimeout, Unavailable
from domain.problem import MEDIA_TYPE, problem_document

_MOST_HEAD_BYTES = 64 * 1024

# "request" is what we wait for where nothing has come and no keep-alive timer runs.
_Awaited = Literal["request", "head", "body", "nothing"]


class LimitedHttpProtocol(HttpToolsProtocol):
    """One connection. `_since` is when `check_timeouts` first saw what it is waiting for now."""

    def __init__(
        self,
        limits: ConnectionLimits,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = limits
        self._client_of: int | None = None
        self._seen: tuple[object, _Awaited] = (None, "request")
        self._since = self.loop.time()
        self._body_bytes = 0
        self._body_bytes_before = 0
        self._head: object = None
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride] # as uvicorn has it
        self._lingering = LingeringTransport(transport, self)
        super().connection_made(self._lingering)
        try:
            self._client_of = self._limits.admit(self.client[0] if self.client else None)
        except ConnectionRefusedError:
            TOO_MANY.inc()
            self._refuse(Unavailable("this address has too many connections open"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._limits.leave(self._client_of)
        self._client_of = None
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._awaits_head():
            self._bound_head(len(data))

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        super().on_body(body)

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP; when it comes behind a whole request, that is answered first."""
        if self._is_answering() and not self.cycle.more_body:
            self.cycle.keep_alive = False
            self.flow.pause_reading()
        else:
            self._refuse(Malformed("this is no HTTP request"))

    def shutdown(self) -> None:
        """Let the answer under way be the last; who is idle or has begun to ask has some time."""
        if self._is_answering():
            self.cycle.keep_alive = False

    def check_timeouts(self, now: float) -> None:
        """End this connection where it has taken too long."""
        timeouts = self._limits.timeouts
        if self._lingering.stuck_seconds(now) > timeouts.takes_nothing_seconds:
            TAKES_NOTHING.inc()
            self._lingering.abort()
        elif self._lingering.is_closing():
            is_stopping = self._limits.stopping_since is not None
            linger = timeouts.stopping_linger_seconds if is_stopping else timeouts.linger_seconds
            self._lingering.end_when_due(now, linger)
        else:
            self._check_request(now)

    def answer_and_close(self) -> None:
        """Answer what can be answered: the process ends in a moment."""
        if self._is_idle():
            self._lingering.close()
        elif not self._lingering.is_closing():
            self._refuse(Unavailable("the server is about to stop; send it again"))

    def abort(self) -> None:
        """Cut the connection."""
        self._lingering.abort()

    def _check_request(self, now: float) -> None:
        timeouts = self._limits.timeouts
        awaited = self._awaited()
        if self._seen[0] is not self.scope or self._seen[1] != awaited:
            self._seen = (self.scope, awaited)
            self._since = now
            self._body_bytes_before = self._body_bytes
        is_late = now - self._since > timeouts.head_seconds
        if self._is_idle():
            stopping_since = self._limits.stopping_since
            is_over = now - (stopping_since or now) > timeouts.stopping_idle_seconds
            if is_over or (is_late and awaited == "request"):
                self._lingering.close()
        elif awaited == "body":
            self._check_body(now)
        elif awaited == "head" and is_late and not self._is_answering():
            # One that waits behind the answer to the one before holds nothing up.
            SLOW_HEAD.inc()
            self._refuse(RequestTimeout("the request's head took too long to come"))

    def _check_body(self, now: float) -> None:
        timeouts = self._limits.timeouts
        if self.flow.read_paused or self.cycle.waiting_for_100_continue:
            # It is us who do not read.
            self._since = now
        came = self._body_bytes - self._body_bytes_before
        if now - self._since <= timeouts.body_seconds + came / timeouts.body_bytes_per_second:
            return
        SLOW_BODY.inc()
        # Some providers never send again what was answered 4xx.
        is_webhook = self.scope["path"].startswith("/webhooks/")
        kind = Unavailable if is_webhook else RequestTimeout
        self._refuse(kind("the request's body took too long to come"))

    def _awaited(self) -> _Awaited:
        """Say what this connection waits for: uvicorn has a new scope at each request's begin."""
        if self._awaits_head():
            return "head" if self._has_begun() else "request"
        if self.cycle.more_body:
            return "body"
        # Without the timer something came that began no request, such as an empty line.
        is_quiet = self.timeout_keep_alive_task is not None or self._is_answering()
        return "nothing" if is_quiet else "request"

    def _awaits_head(self) -> bool:
        # Both are None until the first request.
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is None or cycle.scope is not self.scope

    def _has_begun(self) -> bool:
        return cast("HTTPScope | None", self.scope) is not None

    def _is_answering(self) -> bool:
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is not None and not cycle.response_complete

    def _is_idle(self) -> bool:
        """Say whether nothing has come that must be answered."""
        return not self._is_answering() and self._awaited() in ("request", "nothing")

    def _bound_head(self, size_bytes: int) -> None:
        if self._head is not self.scope:
            self._head, self._head_bytes = self.scope, 0
        self._head_bytes += size_bytes
        if self._head_bytes > _MOST_HEAD_BYTES and not self._lingering.is_closing():
            self._refuse(Malformed(f"a request's head may have {_MOST_HEAD_BYTES} bytes"))

    def _refuse(self, refusal: Refusal) -> None:
        """Answer, unless that was done, and close; the application sees a client that left."""
        if self._is_answering():
            if not self.cycle.response_started:
                self._write(refusal)
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        elif self._awaits_head():
            self._write(refusal)
        self._lingering.close()

    def _write(self, refusal: Refusal) -> None:
        request_id = new_id()
        path = self.scope.get("path", "/") if self._has_begun() else "/"
        body = problem_document(refusal, problem_instance(path), request_id)
        fields = {
            "content-type": MEDIA_TYPE,
            "content-length": str(len(body)),
            "connection": "close",
            "x-request-id": request_id,
            "inlet-version": VERSION,
            **refusal.headers,
        }
        lines = [f"{name}: {value}\r\n".encode() for name, value in fields.items()]
        self._lingering.write(b"".join([STATUS_LINE[refusal.status], *lines, b"\r\n", body]))

"""Every error that leaves a layer, each with the stable code that people switch on.

InletError
|- Refusal            answered over HTTP with `status` and `code` (the table in docs/errors.md)
|  |- Malformed, UnknownParameter, InvalidCursor, ValidationFailed
|  |- Unauthorized, MissingScope, BadCsrfToken, NotFound, MethodNotAllowed, RequestTimeout
|  |- Conflict, QuotaExceeded, IdempotencyInProgress, IdempotencyKeyReused
|  |- RecipientSuppressed, OptedOut, WindowClosed
|  |- VersionMismatch, CursorTooOld
|  |- BadSignature, TooLarge, UnsupportedMediaType, TooManyRequests
|  |- Unavailable, ChannelDisabled, FileUnavailable
|- Unreadable         an event that no retry can cure: a dead letter at once
|- OperatorError      a command cannot go on: one clear line, exit code 1

Messages name the field and what was expected, never the value: no address, text or secret.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Literal

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """Which part of a request is wrong; `code` is stable, `detail` says what was expected."""

    location: Literal["query", "path", "header", "body"]
    name: str
    code: str
    detail: str


class InletError(Exception):
    """Anything Inlet raises on purpose."""

    code: ClassVar[str] = "internal_error"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Refusal(InletError):
    """A request is answered with a problem document instead of what it asked for.

    `headers` belong to every such answer.
    """

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"
    headers: Mapping[str, str] = _NO_HEADERS

    def __init__(self, detail: str, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail)
        self.errors = errors


class Malformed(Refusal):
    code, status, title = "malformed", 400, "Request cannot be understood"


class UnknownParameter(Refusal):
    code, status, title = "unknown_parameter", 400, "Unknown query parameter"


class InvalidCursor(Refusal):
    code, status, title = "invalid_cursor", 400, "Cursor is not valid here"


class Unauthorized(Refusal):
    code, status, title = "unauthorized", 401, "A valid API key is needed"
    headers = MappingProxyType({"WWW-Authenticate": "Bearer"})


class BadSignature(Refusal):
    code, status, title = "bad_signature", 401, "Signature does not match"


class MissingScope(Refusal):
    code, status, title = "missing_scope", 403, "API key lacks the scope"


class BadCsrfToken(Refusal):
    code, status, title = "bad_csrf_token", 403, "This page is out of date"


class NotFound(Refusal):
    code, status, title = "not_found", 404, "Not found"


class MethodNotAllowed(Refusal):
    code, status, title = "method_not_allowed", 405, "Method not allowed"


class RequestTimeout(Refusal):
    code, status, title = "request_timeout", 408, "Request took too long to come"


class Conflict(Refusal):
    code, status, title = "conflict", 409, "The state does not allow this"


class QuotaExceeded(Refusal):
    code, status, title = "quota_exceeded", 409, "There are too many files already"


class RecipientSuppressed(Refusal):
    code, status, title = "recipient_suppressed", 409, "Nothing is sent to a recipient"


class OptedOut(Refusal):
    code, status, title = "opted_out", 409, "A recipient has opted out"


class WindowClosed(Refusal):
    code, status, title = "window_closed", 409, "WhatsApp takes no text of ours now"


class IdempotencyInProgress(Refusal):
    code, status, title = "idempotency_in_progress", 409, "The same request is still running"
    headers = MappingProxyType({"Retry-After": "1"})


class CursorTooOld(Refusal):
    code, status, title = "cursor_too_old", 410, "Changes after this cursor are no longer kept"


class VersionMismatch(Refusal):
    code, status, title = "version_mismatch", 412, "Somebody changed it meanwhile"


class TooLarge(Refusal):
    code, status, title = "too_large", 413, "Body is too large"


class UnsupportedMediaType(Refusal):
    code, status, title = "unsupported_media_type", 415, "Body is of another type than expected"


class ValidationFailed(Refusal):
    code, status, title = "validation_failed", 422, "Request is not valid"


class IdempotencyKeyReused(Refusal):
    code, status, title = "idempotency_key_reused", 422, "Idempotency-Key was used differently"


class TooManyRequests(Refusal):
    """`headers` say when to come back, which differs from answer to answer."""

    code, status, title = "too_many_requests", 429, "Too many requests"

    def __init__(self, detail: str, headers: Mapping[str, str]) -> None:
        super().__init__(detail)
        self.headers = headers


class Unavailable(Refusal):
    code, status, title = "unavailable", 503, "Try again in a moment"
    headers = MappingProxyType({"Retry-After": "1"})


class ChannelDisabled(Refusal):
    """The provider is to come back: a channel is not switched off for ever."""

    code, status, title = "channel_disabled", 503, "Channel is switched off"
    headers = MappingProxyType({"Retry-After": "300"})


class FileUnavailable(Refusal):
    """The store of files is away, or what it has is not what was put there."""

    code, status, title = "file_unavailable", 503, "File cannot be read now"
    headers = MappingProxyType({"Retry-After": "30"})


class Unreadable(InletError):
    """The provider's bytes do not have the documented shape."""

    code = "unreadable"


class OperatorError(InletError):
    """The person at the terminal must change something before this can work."""

    code = "operator_error"


def invalid_field(name: str, code: str, expected: str) -> ValidationFailed:
    """Make the refusal of one field of a body, which must be what was expected."""
    return wrong_field(name, code, f"{name} must be {expected}")


def wrong_field(name: str, code: str, detail: str) -> ValidationFailed:
    """Make the refusal of one field of a body, with a sentence of its own."""
    error = FieldError(location="body", name=name, code=code, detail=detail)
    return ValidationFailed(detail, (error,))

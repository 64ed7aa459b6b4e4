"""Traces by OpenTelemetry, where OTEL_EXPORTER_OTLP_ENDPOINT says so: from webhook to processing.

The only file that knows OpenTelemetry, and it imports it only then. What else the standard's
OTEL_ variables say (name, headers, sampling) is read by OpenTelemetry itself.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from threading import Thread
from typing import TYPE_CHECKING, Protocol

from app.clock import utc_now
from domain.errors import OperatorError
from domain.tracing import Tracing, Untraced

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

_EXPORT_SECONDS = 2
_CLOSE_SECONDS = 2.0
_NEEDED = "opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http"


class RunningTracing(Tracing, Protocol):
    """Tracing that is ended with its process."""

    def close(self) -> None:
        """Send what is left, for a few seconds at most."""
        ...


class _Off(Untraced):
    def close(self) -> None:
        pass


def start_tracing(endpoint: str, process: str) -> RunningTracing:
    """Trace this process into the collector at `endpoint`; an empty one traces nothing.

    Raises: OperatorError where the extra is not installed.
    """
    if not endpoint:
        return _Off()
    check_tracing(endpoint)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"inlet.process": process})
    if str(resource.attributes["service.name"]).startswith("unknown_service"):
        resource = resource.merge(Resource({"service.name": "inlet"}))
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", timeout=_EXPORT_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return OtelTracing(provider)


def check_tracing(endpoint: str) -> None:
    """Look whether this installation can trace, where it is to.

    Raises: OperatorError where the extra is not installed.
    """
    if endpoint and not all(_is_installed(name) for name in _NEEDED):
        raise OperatorError(
            "OTEL_EXPORTER_OTLP_ENDPOINT needs the extra otel: pip install 'inlet[otel]'"
        )


class OtelTracing:
    """Spans of one tracer provider."""

    is_on = True

    def __init__(self, provider: TracerProvider) -> None:
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._provider = provider
        self._tracer = provider.get_tracer("inlet")
        self._propagator = TraceContextTextMapPropagator()

    @contextmanager
    def span(self, name: str, parent: str | None = None, **facts: str) -> Generator[str | None]:
        """Time a step, inside `parent` or else the step around it; yields its traceparent."""
        with self._tracer.start_as_current_span(
            name,
            self._context_of(parent) if parent else None,
            attributes=_named(facts),
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            carrier: dict[str, str] = {}
            self._propagator.inject(carrier)
            try:
                yield carrier.get("traceparent")
            except BaseException as error:
                # The class alone: a message may quote what was received.
                _fail(span, type(error).__name__)
                raise

    def record(
        self, name: str, parent: str, seconds: float, error_class: str | None, **facts: str | int
    ) -> None:
        """Tell of a step that ended now and took so long."""
        ended = int(utc_now().timestamp() * 1e9)
        span = self._tracer.start_span(
            name,
            self._context_of(parent),
            attributes=_named(facts),
            start_time=ended - int(seconds * 1e9),
        )
        if error_class is not None:
            _fail(span, error_class)
        span.end(ended)

    def close(self) -> None:
        """Send what is left, for a few seconds at most."""
        closing = Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(_CLOSE_SECONDS)

    def _context_of(self, parent: str) -> Context:
        return self._propagator.extract({"traceparent": parent})


def _fail(span: Span, error_class: str) -> None:
    from opentelemetry.trace import StatusCode

    span.set_attribute("error.type", error_class)
    span.set_status(StatusCode.ERROR)


def _named(facts: dict[str, str] | dict[str, str | int]) -> dict[str, str | int]:
    return {f"inlet.{name}": value for name, value in facts.items()}


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False

"""Traces lead from a webhook over its commit to its processing, and repeat nothing."""

import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from flows import ANN, a_channel, an_sms, values, worker_config
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from whole_house import PUBLIC_URL

from app.clock import utc_now
from app.settings import Settings
from app.tracing import OtelTracing, start_tracing
from app.web import build_app
from domain.channel import Channel
from domain.errors import OperatorError
from domain.sealing import Sealer
from domain.tracing import UNTRACED
from domain.webhook_url import webhook_url
from simulation import PLAYED
from store.channels import StoredChannel, insert_channel
from store.database import connect
from worker.loop import drain

_SECRET_KEY = "a secret key of the tests"
_OUTER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
_SAID = "what nobody may read"


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracing(exporter: InMemorySpanExporter) -> OtelTracing:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return OtelTracing(provider)


async def _post(
    database_url: str, folder: Path, tracing: OtelTracing | None, *bodies: str | bytes
) -> list[int]:
    """Post messages to the web application, and let a worker process them."""
    channel = a_channel("sms")
    async with await connect(database_url, "tests") as conn:
        await insert_channel(conn, StoredChannel(channel=channel, sealed_secrets=None))
    settings = Settings(public_url=PUBLIC_URL, secret_key=_SECRET_KEY, data_dir=folder)
    app = build_app(settings, database_url, Sealer(_SECRET_KEY), tracing or UNTRACED)
    transport = httpx.ASGITransport(app=app)
    async with app.running(), httpx.AsyncClient(transport=transport) as client:
        answers = [await _deliver(client, channel, body) for body in bodies]
    config = worker_config(database_url)
    await drain(replace(config, tracing=tracing) if tracing else config)
    return [answer.status_code for answer in answers]


async def _deliver(
    client: httpx.AsyncClient, channel: Channel, body: str | bytes
) -> httpx.Response:
    url = webhook_url(PUBLIC_URL, channel)
    content = body
    if isinstance(body, str):
        content = PLAYED["generic"].compose(an_sms("a", body=body), channel, url, utc_now()).body
    return await client.post(url, content=content, headers={"traceparent": _OUTER})


async def test_a_message_is_one_trace_from_webhook_to_processing(
    database_url: str, tmp_path: Path, tracing: OtelTracing, exporter: InMemorySpanExporter
) -> None:
    assert await _post(database_url, tmp_path, tracing, _SAID) == [200]
    spans = {span.name: span for span in exporter.get_finished_spans()}
    assert list(spans) == ["commit", "webhook", "process"]
    assert {_trace_of(span) for span in spans.values()} == {_OUTER.split("-")[1]}
    assert _parent_of(spans["webhook"]) == _OUTER.split("-")[2]
    webhook = _id_of(spans["webhook"])
    assert _parent_of(spans["commit"]) == _parent_of(spans["process"]) == webhook
    async with await connect(database_url, "tests") as conn:
        event_ids = await values(conn, b"SELECT id FROM inbound_events")
    facts = spans["process"].attributes or {}
    assert [facts["inlet.event_id"], facts["inlet.attempt"]] == [*event_ids, 1]
    written = "".join(span.to_json() for span in spans.values())
    assert _SAID not in written
    assert ANN not in written
    assert "token" not in written


async def test_a_failure_is_told_by_its_class(
    database_url: str, tmp_path: Path, tracing: OtelTracing, exporter: InMemorySpanExporter
) -> None:
    await _post(database_url, tmp_path, tracing, _SAID.encode())
    process = next(span for span in exporter.get_finished_spans() if span.name == "process")
    assert (process.attributes or {})["error.type"] == "unreadable"
    assert not process.status.is_ok
    with pytest.raises(ValueError, match=_SAID), tracing.span("webhook"):
        raise ValueError(_SAID)
    broken = exporter.get_finished_spans()[-1]
    assert (broken.attributes or {})["error.type"] == "ValueError"
    assert _SAID not in broken.to_json()


async def test_without_tracing_nothing_is_carried(database_url: str, tmp_path: Path) -> None:
    channel = a_channel("sms")
    async with await connect(database_url, "tests") as conn:
        await insert_channel(conn, StoredChannel(channel=channel, sealed_secrets=None))
        settings = Settings(public_url=PUBLIC_URL, secret_key=_SECRET_KEY, data_dir=tmp_path)
        app = build_app(settings, database_url, Sealer(_SECRET_KEY))
        transport = httpx.ASGITransport(app=app)
        async with app.running(), httpx.AsyncClient(transport=transport) as client:
            await _deliver(client, channel, _SAID)
        assert await values(conn, b"SELECT traceparent FROM inbound_queue") == [None]


def test_spans_reach_a_collector_and_the_end_waits_for_them() -> None:
    posts: list[tuple[str, int]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posts.append((self.path, len(self.rfile.read(int(self.headers["content-length"])))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            running = start_tracing(f"http://127.0.0.1:{server.server_port}", "tests")
            with running.span("webhook") as traceparent:
                assert traceparent is not None
            running.close()
        finally:
            server.shutdown()
            thread.join()
    assert [path for path, size in posts if size] == ["/v1/traces"]


def test_tracing_without_the_extra_is_refused_at_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http", None)
    with pytest.raises(OperatorError, match=r"pip install 'inlet\[otel\]'"):
        start_tracing("http://127.0.0.1:4318", "tests")
    assert not start_tracing("", "tests").is_on


def _trace_of(span: ReadableSpan) -> str:
    context = span.get_span_context()
    assert context is not None
    return f"{context.trace_id:032x}"


def _id_of(span: ReadableSpan) -> str:
    context = span.get_span_context()
    assert context is not None
    return f"{context.span_id:016x}"


def _parent_of(span: ReadableSpan) -> str:
    return f"{span.parent.span_id:016x}" if span.parent else ""

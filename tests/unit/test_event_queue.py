"""Where events go that a queue is told: the URLs of queues, and what SQS is sent."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from domain.event_queue import (
    EventQueue,
    NatsSubject,
    SqsQueue,
    is_event_queue,
    read_event_queue,
)
from domain.hook import may_be_posted_to
from providers.parts.aws_request import AccessKey, signed_headers
from worker.hooks.published import QueuedEvent
from worker.hooks.sqs import send_message

_AMAZON = "https://sqs.eu-central-1.amazonaws.com"
_PRIVATE = "https://vpce-0a-b.sqs.us-gov-west-1.vpce.amazonaws.com"


def _sqs(endpoint: str, path: str, region: str) -> SqsQueue:
    return SqsQueue(url=f"{endpoint}/{path}", endpoint=endpoint, region=region)


@pytest.mark.parametrize(
    ("url", "queue"),
    [
        (f"sqs+{_AMAZON}/123/inlet.fifo", _sqs(_AMAZON, "123/inlet.fifo", "eu-central-1")),
        (f"sqs+{_PRIVATE}/123/inlet", _sqs(_PRIVATE, "123/inlet", "us-gov-west-1")),
        (
            "sqs+http://queue.internal:9324/0/inlet?region=elasticmq",
            _sqs("http://queue.internal:9324", "0/inlet", "elasticmq"),
        ),
        ("nats://queue.internal/a", NatsSubject(server="nats://queue.internal:4222", subject="a")),
        ("tls://[::1]:4333/a.b-c", NatsSubject(server="tls://[::1]:4333", subject="a.b-c")),
        ("sqs+https://queue.internal/0/inlet", None),
        (f"sqs+{_AMAZON}/", None),
        (f"sqs+{_AMAZON}/123/inlet?region=", None),
        (f"sqs+{_AMAZON}/123/inlet?region=a&b=c", None),
        (f"{_AMAZON}/123/inlet", None),
        ("nats://nats.internal/", None),
        ("nats://nats.internal/inlet.>", None),
        ("nats://nats.internal/in let", None),
        ("nats://nats.internal/inlet\r\n", None),
        ("nats://nats.internal/inlet?a=b", None),
        ("nats://ann:secret@nats.internal/inlet", None),
        ("nats://nats.internal:x/inlet", None),
        ("nats:///inlet", None),
        ("nats://" + "a" * 1_000 + "/inlet", None),
        ("kafka://kafka.internal/inlet", None),
        ("", None),
    ],
)  # fmt: skip
def test_the_url_of_a_queue_is_taken_apart(url: str, queue: EventQueue | None) -> None:
    assert read_event_queue(url) == queue


def test_no_queue_is_posted_to_and_no_web_server_is_a_queue() -> None:
    for url in (f"sqs+{_AMAZON}/123/inlet", "nats://nats.internal/inlet", "tls://a/b"):
        assert is_event_queue(url)
        assert not may_be_posted_to(url, {"nats.internal:4222", "a:443"})
    assert not is_event_queue("https://crm.example.com/nats://")


def test_sqs_is_sent_the_body_and_a_fifo_queue_what_keeps_it_in_order() -> None:
    event = QueuedEvent(
        id="an id", type="ping.v1", group="a group", body='{"a":"ä\uffff"}'.encode()
    )
    queue = _sqs(_AMAZON, "123/inlet.fifo", "eu-central-1")
    sent = msgspec.json.decode(send_message(queue, event))
    assert sent == {
        "QueueUrl": f"{_AMAZON}/123/inlet.fifo",
        "MessageBody": '{"a":"ä\\uffff"}',
        "MessageGroupId": "a group",
        "MessageDeduplicationId": "an id",
    }
    usual = _sqs(_AMAZON, "123/inlet", "eu-central-1")
    assert set(msgspec.json.decode(send_message(usual, event))) == {"QueueUrl", "MessageBody"}


def test_a_request_is_signed_as_amazons_own_library_signs_it() -> None:
    given = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.SendMessage"}
    ours = signed_headers(
        "POST",
        f"{_AMAZON}/",
        b'{"a": 1}',
        key=AccessKey(id="AKID", secret="a/b+c"),
        region="eu-central-1",
        service="sqs",
        now=datetime(2026, 12, 1, 3, 4, 5, tzinfo=UTC),
        headers=given,
    )
    mine, signed = dict(ours), ours["authorization"].replace(", ", ",")
    del mine["authorization"]
    request: Any = AWSRequest("POST", f"{_AMAZON}/", headers=mine, data=b'{"a": 1}')
    request.context["timestamp"] = mine["x-amz-date"]
    judge: Any = SigV4Auth(Credentials("AKID", "a/b+c"), "sqs", "eu-central-1")
    names = judge.signed_headers(judge.headers_to_sign(request))
    to_sign = judge.string_to_sign(request, judge.canonical_request(request))
    assert f"SignedHeaders={names}," in signed
    assert signed.endswith(f"Signature={judge.signature(to_sign, request)}")

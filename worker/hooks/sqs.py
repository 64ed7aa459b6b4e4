"""Sends an event to a queue of Amazon SQS, and says what came of it. Knows no hook and no table.

The protocol is one signed request with JSON:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
"""

from datetime import datetime

import httpx
import msgspec

from domain.event_queue import MOST_EVENT_BYTES, SqsQueue
from domain.hook import TOO_LARGE
from providers.parts.aws_request import access_key, signed_headers
from worker.hooks.published import Published, QueuedEvent

_TARGET = {
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": "AmazonSQS.SendMessage",
}
# What JSON may hold as it is and SQS refuses.
_REFUSED = {"\ufffe": "\\ufffe", "\uffff": "\\uffff"}
_TOO_LONG = b"must be shorter than"  # the queue's own limit may be lower than that of SQS


async def send_to_sqs(
    client: httpx.AsyncClient,
    queue: SqsQueue,
    event: QueuedEvent,
    credential: str,
    now: datetime,
) -> Published:
    """Send an event; a FIFO queue is given its id and its group.

    Raises: httpx.HTTPError where no answer came.
    """
    key = access_key(credential)
    if key is None:
        return Published(error_class="no_credential")
    if len(event.body) > MOST_EVENT_BYTES:
        return Published(error_class=TOO_LARGE)
    request, url = send_message(queue, event), f"{queue.endpoint}/"
    headers = signed_headers(
        "POST", url, request, key=key, region=queue.region, service="sqs", now=now, headers=_TARGET
    )
    response = await client.post(url, content=request, headers=headers)
    return _published(response)


def send_message(queue: SqsQueue, event: QueuedEvent) -> bytes:
    """Write the request; what the body says is what a hook is posted."""
    text = event.body.decode()
    if not text.isascii():
        for char, escaped in _REFUSED.items():
            text = text.replace(char, escaped)
    message = {"QueueUrl": queue.url, "MessageBody": text}
    if queue.keeps_order:
        message |= {"MessageGroupId": event.group, "MessageDeduplicationId": event.id}
    return msgspec.json.encode(message)


def _published(response: httpx.Response) -> Published:
    error_class = None if response.is_success else "refused"
    if not response.is_success and _TOO_LONG in response.content:
        error_class = TOO_LARGE
    return Published(
        error_class=error_class, http_status=response.status_code, answer=response.content
    )

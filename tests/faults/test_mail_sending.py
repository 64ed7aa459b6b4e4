"""What comes of a mail that is given to each provider of mail, whatever its API does.

Source: the pages named at the head of each provider in providers/.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import httpx
import pytest
import respx

from domain.channel import Channel
from domain.message import ThreadHeaders
from domain.outbound import Failed, OutboundMessage, Retry, SendRequest, Sent, Unknown
from providers import SENDERS
from worker.sending.provider_request import SendResult, open_client, send_request

_NOW = datetime(2024, 11, 1, 14, tzinfo=UTC)
_MAIL = OutboundMessage(
    id="01930000-0000-7000-8000-00000000aaaa",
    kind="email",
    own_address="help@example.com",
    to=("ann@example.org",),
    cc=(),
    body="Hello",
    subject="Re: Order",
    thread=ThreadHeaders(message_id="aaaa@example.com", in_reply_to=(), references=()),
    written_at=_NOW,
    status_callback="https://inlet.test/webhooks/any/tok",
)
_CHANNEL = Channel(
    customer_id=1,
    id="01930000-0000-7000-8000-000000000001",
    token="tok",
    kind="email",
    provider="",
    name="sample",
    own_address="help@example.com",
    region="US",
    signature_mode="enforce",
    credential="a key",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """Where a provider takes mails, and how it says yes and never.

    What is taken may have `left_as` another Message-ID than ours.
    """

    provider: str
    url: str
    taken: httpx.Response
    taken_as: str | None
    refused: httpx.Response
    refusal: str
    left_as: str | None = None
    account: str | None = None


APIS = [
    Api(
        provider="brevo",
        url="https://api.brevo.com/v3/smtp/email",
        taken=httpx.Response(201, json={"messageId": "<m-1@smtp-relay.mailin.fr>"}),
        taken_as="m-1@smtp-relay.mailin.fr",
        refused=httpx.Response(
            400, json={"code": "invalid_parameter", "message": "ann@example.org is not valid"}
        ),
        refusal="invalid_parameter",
        left_as="m-1@smtp-relay.mailin.fr",
    ),
    Api(
        provider="mailgun",
        url="https://api.mailgun.net/v3/example.com/messages",
        taken=httpx.Response(200, json={"id": "<m-1@example.com>", "message": "Queued."}),
        taken_as="m-1@example.com",
        refused=httpx.Response(400, json={"message": "ann@ is not a valid address"}),
        refusal="http_400",
    ),
    Api(
        provider="mandrill",
        url="https://mandrillapp.com/api/1.0/messages/send",
        taken=httpx.Response(200, json=[{"email": "a@b", "status": "queued", "_id": "m-1"}]),
        taken_as="m-1",
        refused=httpx.Response(
            200, json=[{"email": "ann@example.org", "status": "rejected", "reject_reason": "unsub"}]
        ),
        refusal="unsub",
    ),
    Api(
        provider="postmark",
        url="https://api.postmarkapp.com/email",
        taken=httpx.Response(200, json={"ErrorCode": 0, "MessageID": "m-1"}),
        taken_as="m-1",
        refused=httpx.Response(422, json={"ErrorCode": 406, "Message": "ann@example.org"}),
        refusal="406",
    ),
    Api(
        provider="resend",
        url="https://api.resend.com/emails",
        taken=httpx.Response(200, json={"id": "m-1"}),
        taken_as="m-1",
        refused=httpx.Response(
            422, json={"statusCode": 422, "name": "validation_error", "message": "ann@example.org"}
        ),
        refusal="validation_error",
    ),
    Api(
        provider="sendgrid",
        url="https://api.sendgrid.com/v3/mail/send",
        taken=httpx.Response(202, headers={"x-message-id": "R14554qsAGSkiKYYviJN34"}),
        taken_as=None,
        refused=httpx.Response(
            403, json={"errors": [{"message": "help@example.com is not verified", "field": "from"}]}
        ),
        refusal="from",
    ),
    Api(
        provider="ses",
        url="https://email.eu-west-1.amazonaws.com/v2/email/outbound-emails",
        taken=httpx.Response(200, json={"MessageId": "m-1"}),
        taken_as="m-1",
        refused=httpx.Response(
            400,
            headers={"x-amzn-ErrorType": "MessageRejected"},
            json={"message": "ann@example.org is not verified"},
        ),
        refusal="MessageRejected",
        account="arn:aws:sns:eu-west-1:123456789012:inlet",
    ),
]
every_api = pytest.mark.parametrize("api", APIS, ids=lambda api: api.provider)


async def give_to(api: Api) -> SendResult:
    provider = SENDERS[api.provider]
    channel = replace(_CHANNEL, provider=api.provider, account=api.account)
    request = provider.compose_send(_MAIL, channel, _NOW)
    assert isinstance(request, SendRequest)
    async with open_client(1, 1.0) as client:
        return await send_request(client, provider, request)


@every_api
async def test_a_mail_is_taken(api: Api, respx_mock: respx.MockRouter) -> None:
    route = respx_mock.post(api.url).mock(return_value=api.taken)
    result = await give_to(api)
    assert result.outcome == Sent(provider_message_id=api.taken_as, message_id=api.left_as)
    assert route.call_count == 1


@every_api
async def test_a_mail_is_refused_for_good(api: Api, respx_mock: respx.MockRouter) -> None:
    respx_mock.post(api.url).mock(return_value=api.refused)
    outcome = (await give_to(api)).outcome
    assert isinstance(outcome, Failed)
    assert outcome.code == api.refusal
    assert "@" not in outcome.reason


@every_api
@pytest.mark.parametrize(
    ("status", "headers", "after"),
    [(429, {"retry-after": "30"}, 30.0), (500, {}, None), (503, {}, None)],
)
async def test_a_mail_is_tried_again(
    api: Api,
    status: int,
    headers: Mapping[str, str],
    after: float | None,
    respx_mock: respx.MockRouter,
) -> None:
    respx_mock.post(api.url).mock(return_value=httpx.Response(status, headers=headers))
    outcome = (await give_to(api)).outcome
    assert isinstance(outcome, Retry)
    assert (outcome.after_seconds, outcome.code) == (after, f"http_{status}")


@every_api
async def test_who_cannot_be_reached_has_no_mail(api: Api, respx_mock: respx.MockRouter) -> None:
    respx_mock.post(api.url).mock(side_effect=httpx.ConnectTimeout)
    outcome = (await give_to(api)).outcome
    assert isinstance(outcome, Retry)
    assert outcome.code == "unreachable"


@every_api
async def test_who_does_not_answer_in_time_may_have_it(
    api: Api, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(api.url).mock(side_effect=httpx.ReadTimeout)
    outcome = (await give_to(api)).outcome
    assert isinstance(outcome, Unknown)
    assert outcome.code == "no_answer"


@every_api
@pytest.mark.parametrize("status", [200, 400])
async def test_an_answer_that_nobody_can_read(
    api: Api, status: int, respx_mock: respx.MockRouter
) -> None:
    respx_mock.post(api.url).mock(return_value=httpx.Response(status, content=b"\xff<html>"))
    outcome = (await give_to(api)).outcome
    assert isinstance(outcome, Sent if status == 200 else Failed)


async def test_a_mail_that_resend_may_have_is_asked_for_once_more_under_the_same_key(
    respx_mock: respx.MockRouter,
) -> None:
    """Resend knows it again, and answers as it would have."""
    [api] = [api for api in APIS if api.provider == "resend"]
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        if len(requests) == 1:
            raise httpx.ReadTimeout("too slow", request=request)
        return api.taken

    respx_mock.post(api.url).mock(side_effect=answer)
    assert isinstance((await give_to(api)).outcome, Unknown)
    assert (await give_to(api)).outcome == Sent(provider_message_id="m-1")
    assert [request.headers["idempotency-key"] for request in requests] == [_MAIL.id, _MAIL.id]
    assert requests[0].content == requests[1].content

"""SES as it is played: it takes what Inlet sends, and posts what Inlet can check and read.

Source: the pages at the head of simulation/ses.py and simulation/sns.py.
"""

from dataclasses import replace

import httpx
import pytest
from samples import NOW, OWN_EMAIL, channel, claimed, fetched, outbound_mail

from domain.channel import Channel
from domain.delivery import AUTHENTIC
from domain.fetching_provider import FetchAnswer
from domain.message import DeliveryReceipt, ReceiptStatus
from domain.outbound import Failed, SendOutcome, Sent
from domain.provider import ReadingContext
from domain.signature import verify
from providers import ses
from simulation.played import TakenMessage
from simulation.send_endpoint import send_endpoint
from simulation.send_url import send_url
from simulation.ses import compose_greeting, compose_receipt
from simulation.sns import CERTIFICATE_URL, TOPIC, certificate

URL = "https://inlet.example/webhooks/ses/tok"
PLAIN = replace(
    channel("ses", "email", ("a password",), "AKIDEXAMPLE:a secret"), id="s", account=TOPIC
)
CHANNEL = replace(PLAIN, send_url=send_url("http://127.0.0.1:8", PLAIN))

ANSWER = FetchAnswer(status=200, headers={}, body=certificate())


async def send(sends: Channel, taken: list[TakenMessage], own_address: str) -> SendOutcome:
    message = replace(outbound_mail("ses"), own_address=own_address)
    request = ses.compose_send(message, sends, NOW)
    app = send_endpoint({"s": CHANNEL}, taken.append, lambda: NOW)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client:
        answer = await client.post(request.url, headers=dict(request.headers), content=request.body)
    return ses.read_answer(answer.status_code, dict(answer.headers), answer.content)


async def test_what_is_sent_is_taken_under_an_id_of_its_own() -> None:
    taken: list[TakenMessage] = []
    outcome = await send(CHANNEL, taken, OWN_EMAIL)
    assert isinstance(outcome, Sent)
    [accepted] = taken
    assert accepted.provider_message_id == outcome.provider_message_id
    assert (accepted.subject, accepted.to) == ("Re: Order", ("ann@example.org", "cat@example.org"))
    wire = f"{outcome.provider_message_id}@email.amazonses.com"
    assert accepted.reply_to is None
    assert accepted.references == ("1@mail", "2@mail", "aaaa@example.com", wire)


@pytest.mark.parametrize(
    ("credential", "own_address", "code"),
    [
        ("another:a secret", OWN_EMAIL, "http_403"),
        ("AKIDEXAMPLE:a secret", "x@example.org", "http_400"),
    ],
)
async def test_a_stranger_is_refused(credential: str, own_address: str, code: str) -> None:
    taken: list[TakenMessage] = []
    outcome = await send(replace(CHANNEL, credential=credential), taken, own_address)
    assert isinstance(outcome, Failed)
    assert (outcome.code, taken) == (code, [])


@pytest.mark.parametrize(
    ("word", "status", "code"),
    [
        ("Delivery", "delivered", None),
        ("Open", "opened", None),
        ("Bounce Permanent", "bounced", "NoEmail"),
    ],
)
def test_a_receipt_reads_back_as_it_was_composed(
    word: str, status: ReceiptStatus, code: str | None
) -> None:
    receipt = DeliveryReceipt(
        provider_message_id="m-2",
        status=status,
        provider_status=word,
        error_code=code,
        occurred_at=NOW,
        recipients=("ben@example.org",) if code else (),
        is_permanent=code is not None,
    )
    delivery = compose_receipt(receipt, OWN_EMAIL, CHANNEL, URL, NOW)
    assert verify(ses.signed(delivery, CHANNEL.secrets, NOW)) == AUTHENTIC
    (found,) = ses.split(delivery, "email")
    event = claimed(found, "ses")
    content = fetched(ses, event, CHANNEL, {CERTIFICATE_URL: ANSWER})
    context = ReadingContext(kind="email", own_address=OWN_EMAIL)
    assert ses.read(replace(event, fetched=content), context) == receipt


def test_what_tries_a_url_out_holds_no_event() -> None:
    delivery = compose_greeting(CHANNEL, URL, NOW)
    assert verify(ses.signed(delivery, CHANNEL.secrets, NOW)) == AUTHENTIC
    assert ses.split(delivery, "email") == ()

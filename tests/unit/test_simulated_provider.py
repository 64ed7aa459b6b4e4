"""The played provider takes what is really sent, refuses what the real one would, and reports."""

import asyncio
from dataclasses import replace
from random import Random
from urllib.parse import parse_qs

import httpx
import pytest
import respx
from samples import NOW, channel, claimed, own_address
from test_sending_providers import MAIL, SECRET, TEXT

from domain.channel import Channel
from domain.delivery import AUTHENTIC, Delivery
from domain.message import DeliveryReceipt, InboundMessage, Reading
from domain.outbound import Failed, OutboundMessage, SendOutcome, SendRequest, Sent
from domain.provider import ReadingContext
from domain.signature import verify
from providers import REGISTRY, SENDERS
from simulation import PLAYED_SENDERS, keeps_mails
from simulation.counterpart import Counterpart, Manners
from simulation.played import TakenMessage
from simulation.send_endpoint import send_endpoint
from simulation.send_url import send_url

HOME = "http://127.0.0.1:9"
PUBLIC = "https://inlet.test"
SERVER = "http://127.0.0.1:8"
FURTHER = "+14155550198"
TWILIO = replace(
    channel("twilio", "sms", ("token",), "token"),
    account="AC123",
    id="t",
    token="t",
    further_addresses=(FURTHER,),
)
GENERIC = replace(channel("generic", "sms", (SECRET,), SECRET), id="g", token="g")
BREVO = replace(channel("brevo", "email", ("a password",), "xkeysib-1"), id="b", token="b")
TELNYX = replace(channel("telnyx", "sms", ("whsec_YQ==",), "KEY01"), id="x", token="x")
VONAGE = replace(
    channel("vonage", "sms", ("a secret",), "an API secret"), account="abcd", id="v", token="v"
)
BIRD = replace(channel("bird", "sms", ("a key",), "abcd"), account="w:c", id="i", token="i")
MESSAGEBIRD = replace(channel("messagebird", "sms", ("a key",), "live_1"), id="m", token="m")
EMAIL = replace(channel("generic", "email", (SECRET,), SECRET), id="e", token="e")
CHANNELS = {
    played.id: replace(played, send_url=send_url(HOME, played))
    for played in (TWILIO, GENERIC, EMAIL, BREVO, TELNYX, VONAGE, MESSAGEBIRD, BIRD)
}
SMTP = replace(channel("smtp", "email", (SECRET,), "user:password"), id="s", token="s")


async def _send(sends: Channel, message: OutboundMessage, taken: list[TakenMessage]) -> SendOutcome:
    provider = SENDERS[sends.provider]
    request = provider.compose_send(message, sends, NOW)
    assert isinstance(request, SendRequest)
    app = send_endpoint(CHANNELS, taken.append, lambda: NOW)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client:
        answer = await client.request(
            request.method, request.url, headers=dict(request.headers), content=request.body
        )
    return provider.read_answer(answer.status_code, dict(answer.headers), answer.content)


@pytest.mark.parametrize("name", ["t", "g", "e", "x", "v", "m", "i"])
async def test_what_is_sent_is_taken(name: str) -> None:
    taken: list[TakenMessage] = []
    message = MAIL if name == "e" else TEXT
    outcome = await _send(CHANNELS[name], message, taken)
    assert isinstance(outcome, Sent)
    [accepted] = taken
    assert (accepted.channel, accepted.provider_message_id) == (
        CHANNELS[name],
        outcome.provider_message_id,
    )
    assert (accepted.own_address, accepted.to) == (message.own_address, message.to)
    if name == "e":
        assert accepted.references == ("1@mail", "2@mail", f"{message.id}@example.com")


async def test_brevo_takes_what_it_gives_a_message_id_of_its_own() -> None:
    taken: list[TakenMessage] = []
    outcome = await _send(CHANNELS["b"], MAIL, taken)
    assert isinstance(outcome, Sent)
    [accepted] = taken
    assert accepted.provider_message_id == outcome.provider_message_id == outcome.message_id
    assert accepted.references == (
        "1@mail", "2@mail", f"{MAIL.id}@example.com", outcome.message_id,
    )  # fmt: skip


async def test_twilio_takes_what_leaves_from_any_number_of_the_channel() -> None:
    taken: list[TakenMessage] = []
    assert isinstance(await _send(CHANNELS["t"], replace(TEXT, own_address=FURTHER), taken), Sent)
    assert [accepted.own_address for accepted in taken] == [FURTHER]
    other = await _send(CHANNELS["t"], replace(TEXT, own_address="+14155550197"), taken)
    assert isinstance(other, Failed)
    assert other.code == "21606"


@pytest.mark.parametrize(
    ("name", "changes", "code"),
    [
        ("t", {"credential": "another"}, "20003"),
        ("t", {"account": "AC9", "send_url": f"{HOME}/2010-04-01/Accounts/AC9/Messages.json"},
            "20003"),
        ("g", {"credential": "whsec_YW5vdGhlcg=="}, "bad_signature"),
        ("g", {"send_url": f"{HOME}/sends/nobody"}, "unknown_channel"),
        ("x", {"credential": "another"}, "10009"),
        ("x", {"send_url": f"{HOME}/telnyx/nobody/v2/messages"}, "10009"),
        ("v", {"credential": "another"}, "status_4"),
        ("v", {"account": "another"}, "status_4"),
        ("v", {"send_url": f"{HOME}/vonage/nobody/sms/json"}, "status_4"),
        ("m", {"credential": "another"}, "api_2"),
        ("m", {"send_url": f"{HOME}/messagebird/nobody/messages"}, "api_2"),
        ("i", {"credential": "another"}, "http_401"),
        ("i", {"send_url": f"{HOME}/bird/nobody/messages"}, "http_401"),
        ("b", {"credential": "another"}, "unauthorized"),
        ("b", {"send_url": f"{HOME}/brevo/nobody/smtp/email"}, "unauthorized"),
    ],
)  # fmt: skip
async def test_a_stranger_is_refused(name: str, changes: dict[str, object], code: str) -> None:
    taken: list[TakenMessage] = []
    stranger = replace(CHANNELS[name], **changes)  # pyright: ignore[reportArgumentType]
    outcome = await _send(stranger, TEXT, taken)
    assert isinstance(outcome, Failed)
    assert outcome.code == code
    assert taken == []


@pytest.mark.parametrize(("name", "code"), [("x", "40305"), ("v", "status_15"), ("m", "api_10")])
async def test_only_a_number_of_the_channel_is_sent_from(name: str, code: str) -> None:
    taken: list[TakenMessage] = []
    other = replace(TEXT, own_address="+14155550197")
    outcome = await _send(CHANNELS[name], other, taken)
    assert isinstance(outcome, Failed)
    assert (outcome.code, taken) == (code, [])


async def test_a_channel_that_is_added_later_is_known() -> None:
    channels: dict[str, Channel] = {}
    taken: list[TakenMessage] = []
    app = send_endpoint(channels, taken.append, lambda: NOW)
    channels["g"] = CHANNELS["g"]
    request = SENDERS["generic"].compose_send(TEXT, CHANNELS["g"], NOW)
    assert isinstance(request, SendRequest)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client:
        answer = await client.post(request.url, headers=dict(request.headers), content=request.body)
    assert answer.is_success, answer.text
    assert len(taken) == 1


async def test_the_same_message_twice_is_one() -> None:
    taken: list[TakenMessage] = []
    app = send_endpoint(CHANNELS, taken.append, lambda: NOW)
    request = SENDERS["generic"].compose_send(TEXT, CHANNELS["g"], NOW)
    assert isinstance(request, SendRequest)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app)) as client:
        answers = [
            await client.post(request.url, headers=dict(request.headers), content=request.body)
            for _ in range(2)
        ]
    assert answers[0].json() == answers[1].json()
    assert len(taken) == 1


@pytest.mark.parametrize(
    ("name", "manners", "words"),
    [
        ("t", Manners(answering=1.0, step_seconds=0.0), ["sent", "delivered", None]),
        ("t", Manners(failing=1.0, answering=1.0, step_seconds=0.0), ["sent", "undelivered"]),
        ("g", Manners(failing=1.0, step_seconds=0.0), ["sent", "failed"]),
        ("x", Manners(failing=1.0, answering=1.0, step_seconds=0.0), ["sent", "delivery_failed"]),
        ("v", Manners(answering=1.0, step_seconds=0.0), ["accepted", "delivered", None]),
        ("m", Manners(failing=1.0, step_seconds=0.0), ["sent", "delivery_failed"]),
        ("m", Manners(answering=1.0, step_seconds=0.0), ["sent", "delivered", None]),
        ("i", Manners(failing=1.0, step_seconds=0.0), ["sent", "delivery_failed"]),
        ("e", Manners(answering=1.0, step_seconds=0.0), ["sent", "delivered", None]),
        ("s", Manners(answering=1.0, step_seconds=0.0), [None]),  # nobody reports
    ],
)
async def test_receipts_come_signed_and_then_an_answer(
    name: str, manners: Manners, words: list[str | None]
) -> None:
    sends = SMTP if name == "s" else CHANNELS[name]
    is_email = sends.kind == "email"
    message = TakenMessage(
        channel=sends,
        own_address=sends.own_address,
        provider_message_id="p-1",
        to=("ann@example.org",) if is_email else ("+14155550101",),
        subject="Re: Order" if is_email else None,
        references=("1@mail",) if is_email else (),
    )
    readings = [_read(sends, request) for request in await _play(message, manners)]
    reported = [
        reading.provider_status if isinstance(reading, DeliveryReceipt) else None
        for reading in readings
    ]
    assert [word for word in reported if word != "read"] == words
    if words[-1] is None:
        last = readings[-1]
        assert isinstance(last, InboundMessage)
        assert last.recipients[0].address == sends.own_address
        assert not is_email or (last.thread and last.thread.in_reply_to == ("1@mail",))


@pytest.mark.parametrize("name", sorted(PLAYED_SENDERS))
async def test_every_provider_reports_what_it_has_words_for(name: str) -> None:
    """Some do not say that a message was sent; one that keeps its mails posts no answer."""
    kind = next(iter(sorted(REGISTRY[name].CHANNEL_KINDS)))
    message = TakenMessage(
        channel=replace(channel(name, kind, (SECRET,), SECRET), token="t"),
        own_address=own_address(kind),
        provider_message_id="p-1",
        to=("ann@example.org",) if kind == "email" else ("+14155550101",),
    )
    posted = await _play(message, Manners(answering=1.0, step_seconds=0.0))
    words = PLAYED_SENDERS[name].RECEIPT_WORDS
    told = [status for status in ("sent", "delivered") if status in words]
    answers = 0 if keeps_mails(name) else 1
    is_read = len(posted) - len(told) - answers
    assert is_read in (0, 1)


async def test_receipts_and_an_answer_name_the_number_that_a_message_left_from() -> None:
    message = TakenMessage(
        channel=CHANNELS["t"], own_address=FURTHER, provider_message_id="p-1", to=("+14155550101",)
    )
    posted = await _play(message, Manners(answering=1.0, step_seconds=0.0))
    *receipts, answer = [parse_qs(request.content.decode()) for request in posted]
    assert [receipt["From"] for receipt in receipts] == [[FURTHER], [FURTHER]]
    assert answer["To"] == [FURTHER]


async def _play(message: TakenMessage, manners: Manners) -> list[httpx.Request]:
    """Let a message have its fate; return what was posted."""
    posted: list[httpx.Request] = []
    sends = message.channel

    def take(request: httpx.Request) -> httpx.Response:
        posted.append(request)
        return httpx.Response(200)

    async with respx.mock(assert_all_called=False) as router, httpx.AsyncClient() as client:
        hook = f"{SERVER}/webhooks/{sends.provider}/{sends.token}"
        router.route(url__startswith=hook).mock(side_effect=take)
        counterpart = Counterpart(
            client=client,
            public_url=PUBLIC,
            server_url=SERVER,
            clock=lambda: NOW,
            new_id=lambda: "1",
            rng=Random(4),  # noqa: S311
            manners=manners,
        )
        counterpart.take(message)
        async with asyncio.timeout(120):
            await counterpart.finish()
    return posted


def _read(sends: Channel, request: httpx.Request) -> Reading:
    provider = REGISTRY[sends.provider]
    delivery = Delivery(
        method=request.method,
        url=str(request.url).replace(SERVER, PUBLIC),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.content,
        received_at=NOW,
    )
    assert verify(provider.signed(delivery, sends.secrets, NOW)) == AUTHENTIC
    (event,) = provider.split(delivery, sends.kind)
    context = ReadingContext(kind=sends.kind, own_address=sends.own_address)
    return provider.read(claimed(event, sends.provider), context)

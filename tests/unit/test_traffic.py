"""Simulated traffic: repeatable, varied, and readable by the providers that carry it."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random

import pytest
from samples import read_back

from domain.address import canonicalise
from domain.channel import Channel
from domain.event import ClaimedEvent
from domain.mailbox import parse_mailbox
from domain.message import InboundMessage, MessagePart, MessageShape
from domain.provider import ReadingContext
from domain.text_segments import split_text
from providers import REGISTRY
from simulation import PLAYED
from simulation.delivering import compose_delivery
from simulation.dividing import divided
from simulation.people import people
from simulation.schedule import schedule
from simulation.sender import SendCounts
from simulation.summary import percentile_ms, summarise
from simulation.traffic import ChannelMessage, traffic

START = datetime(2024, 11, 1, 14, tzinfo=UTC)
SMS = Channel(
    customer_id=1,
    id="00000000-0000-7000-8000-000000000001",
    token="t" * 24,
    kind="sms",
    provider="generic",
    name="SMS",
    own_address="+14155550199",
    region="US",
    signature_mode="off",
)
EMAIL = Channel(
    customer_id=1,
    id="00000000-0000-7000-8000-000000000002",
    token="u" * 24,
    kind="email",
    provider="generic",
    name="Email",
    own_address="help@example.com",
    region="US",
    signature_mode="off",
)
TWILIO = Channel(
    customer_id=1,
    id="00000000-0000-7000-8000-000000000003",
    token="v" * 24,
    kind="sms",
    provider="twilio",
    name="Twilio",
    own_address="+14155550198",
    region="US",
    signature_mode="enforce",
    secrets=("auth token",),
)


def _messages(count: int, *, seed: int = 7, prefix: str = "p") -> list[ChannelMessage]:
    endless = traffic(
        [SMS, EMAIL, TWILIO],
        seed=seed,
        prefix=prefix,
        start=START,
        step=timedelta(seconds=1),
        crowd=50,
    )
    return list(islice(endless, count))


def test_the_same_seed_gives_the_same_messages() -> None:
    assert _messages(300) == _messages(300)


def test_another_seed_gives_other_messages() -> None:
    assert _messages(50, seed=1) != _messages(50, seed=2)


def test_ids_are_distinct_and_belong_to_the_run() -> None:
    ids = {planned.message.provider_message_id for planned in _messages(2000, prefix="run-a")}
    assert len(ids) == 2000
    assert all(identity.startswith("run-a-") for identity in ids)


def test_traffic_is_varied() -> None:
    messages = [planned.message for planned in _messages(3000)]
    kinds = Counter(message.kind for message in messages)
    assert kinds["sms"] > kinds["email"] > kinds["mms"] > 100
    mails = [message for message in messages if message.kind == "email"]
    assert {mail.body_format for mail in mails} == {"text", "html"}
    assert any(mail.attachments for mail in mails)
    assert any(not message.body.isascii() for message in messages)
    assert any(len(message.recipients) > 1 for message in messages if message.kind == "mms")


def test_long_texts_are_posted_in_parts_by_who_divides_them() -> None:
    channel = replace(TWILIO, provider="vonage")
    endless = traffic([channel], seed=3, prefix="p", start=START, step=timedelta(seconds=1))
    texts: dict[str, dict[int, str]] = {}
    for planned in islice(divided(endless), 400):
        delivery = compose_delivery(
            PLAYED["vonage"], planned.message, channel,
            public_url="https://inlet.test", server_url="http://127.0.0.1", now=START,
            part=planned.part,
        )  # fmt: skip
        read = read_back(REGISTRY["vonage"], delivery, "sms")
        assert isinstance(read, MessagePart) == (planned.part is not None)
        if isinstance(read, MessagePart):
            parts = texts.setdefault(f"{read.message.sender} {read.reference}", {})
            parts[read.number] = read.message.body
            assert len(split_text(read.message.body)) == 1
    whole = [text for text in texts.values() if len(text) > 1]
    assert len(whole) > 5
    assert all(sorted(text) == list(range(1, len(text) + 1)) for text in whole)


@pytest.mark.parametrize(
    ("provider", "tells_names"),
    [("twilio", True), ("infobip", True), ("vonage", True), ("sinch", False)],
)
def test_whatsapp_is_played_as_it_is_read(provider: str, tells_names: bool) -> None:
    """Its shapes come back from what the provider would post."""
    channel = replace(TWILIO, provider=provider, own_address="whatsapp:+14155238886")
    endless = traffic([channel], seed=3, prefix="p", start=START, step=timedelta(seconds=1))
    shapes: Counter[MessageShape | None] = Counter()
    for planned in islice(endless, 300):
        sent = replace(planned.message, quoted_id="SM1")
        delivery = PLAYED[provider].compose(sent, channel, "https://inlet.test/x", START)
        read = read_back(REGISTRY[provider], delivery, "sms")
        assert isinstance(read, InboundMessage)
        assert (read.kind, read.sender, read.body) == ("whatsapp", sent.sender, sent.body)
        assert (read.shape, read.quoted_id) == (sent.shape, "SM1")
        assert read.sender_name == (sent.sender_name if tells_names else None)
        assert len(read.attachments) == len(sent.attachments)
        shapes[read.shape] += 1
    assert min(shapes[None], shapes["choice"], shapes["reaction"]) > 10


def test_replies_refer_to_earlier_mails_that_the_sender_took_part_in() -> None:
    seen: dict[str, set[str]] = {}
    replies = 0
    for message in (
        planned.message for planned in _messages(3000) if planned.message.kind == "email"
    ):
        assert message.thread is not None
        assert message.thread.message_id is not None
        sender = parse_mailbox(message.sender).address
        for earlier in message.thread.in_reply_to:
            assert sender in seen[earlier]
            assert earlier == message.thread.references[-1]
            replies += 1
        copied = {recipient.address for recipient in message.recipients}
        seen[message.thread.message_id] = {sender, *copied}
    assert replies > 300


def test_every_person_can_be_told_apart_and_reached() -> None:
    everybody = people(4000, Random(1))  # noqa: S311
    phones = [canonicalise(person.phone, "sms", "US") for person in everybody]
    emails = [canonicalise(person.email, "email", "US") for person in everybody]
    assert (
        len({phone.address for phone in phones}) == len({email.address for email in emails}) == 4000
    )
    assert all(address.is_validated for address in (*phones, *emails))


def test_a_national_spelling_is_the_same_number() -> None:
    spelled = {
        planned.message.sender
        for planned in _messages(2000)
        if planned.message.sender.startswith("(")
    }
    assert spelled
    assert all(canonicalise(sender, "sms", "US").is_validated for sender in spelled)


def test_providers_read_back_what_was_written() -> None:
    for planned in _messages(500):
        provider = REGISTRY[planned.channel.provider]
        delivery = PLAYED[planned.channel.provider].compose(
            planned.message, planned.channel, "https://x.example/w", START
        )
        (event,) = provider.split(delivery, planned.channel.kind)
        claimed = ClaimedEvent(
            customer_id=1,
            id="00000000-0000-7000-8000-000000000009",
            channel_id=planned.channel.id,
            provider=provider.NAME,
            kind=event.kind,
            dedup_key=event.dedup_key,
            body=event.body,
            content_type=delivery.content_type,
            received_at=START,
            attempt=1,
            is_settled=False,
        )
        context = ReadingContext(kind=planned.channel.kind, own_address=planned.channel.own_address)
        reading = provider.read(claimed, context)
        assert isinstance(reading, InboundMessage)
        assert (reading.sender, reading.body) == (planned.message.sender, planned.message.body)
        assert reading.thread == planned.message.thread


@pytest.mark.parametrize(("share", "distinct"), [(0.0, 1000), (0.2, 800), (0.5, 500)])
def test_the_wanted_share_repeats_an_earlier_delivery(share: float, distinct: int) -> None:
    planned = list(islice(schedule(iter(_messages(2000)), duplicates=share, seed=3), 1000))
    seen: set[str] = set()
    for delivery in planned:
        identity = delivery.what.message.provider_message_id
        assert delivery.is_duplicate == (identity in seen)
        seen.add(identity)
    assert len(seen) == distinct


def test_deliveries_are_a_little_out_of_order() -> None:
    planned = list(islice(schedule(iter(_messages(500)), duplicates=0, seed=3), 400))
    ids = [delivery.what.message.provider_message_id for delivery in planned]
    assert ids != sorted(ids)
    assert set(_ids(300)) <= set(ids)


def _ids(count: int) -> list[str]:
    return [planned.message.provider_message_id for planned in _messages(count)]


def test_percentiles_are_nearest_rank() -> None:
    ordered = [number / 1000 for number in range(1, 101)]
    assert [percentile_ms(ordered, share) for share in (0.5, 0.9, 0.99, 1.0)] == [50, 90, 99, 100]
    assert percentile_ms([], 0.5) is None


def test_a_run_is_complete_only_when_all_was_accepted() -> None:
    counts = SendCounts(sent=3, distinct=2, accepted=3, latencies=[0.1, 0.2, 0.3])
    summary = summarise(counts, 1.5)
    assert summary.is_complete
    assert (summary.duplicates, summary.accepted_per_second) == (1, 2.0)
    counts.accepted, counts.refused = 2, 1
    assert not summarise(counts, 1.5).is_complete

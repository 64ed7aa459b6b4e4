"""Receipts among simulated messages, and what is compared when all of it was posted."""

from dataclasses import replace
from itertools import islice

from samples import INBOUND_TEXT, NOW, channel

from app.simulated_channels import compare
from domain.signature import verify
from providers import REGISTRY
from simulation import PLAYED_SENDERS
from simulation.channel_counts import ChannelCounts
from simulation.delivering import compose_receipt_delivery
from simulation.played import PartPlace
from simulation.reporting import with_receipts
from simulation.schedule import Planned
from simulation.traffic import ChannelMessage
from store.arrivals import Arrivals

_BEFORE = Arrivals(channel_id="1", messages=10, receipts=5, failed=2)
_SIGNING_URLS = {"bird", "mandrill", "messagebird", "plivo", "twilio"}
_PLACE = {"public_url": "https://inlet.test", "server_url": "http://127.0.0.1:9"}


def _accepted(messages: int, receipts: int) -> ChannelCounts:
    return ChannelCounts(
        provider="twilio",
        kind="sms",
        messages={str(number) for number in range(messages)},
        receipts={str(number) for number in range(receipts)},
    )


def _after(messages: int, receipts: int, failed: int = 2) -> Arrivals:
    return Arrivals(channel_id="1", messages=messages, receipts=receipts, failed=failed)


def test_what_was_accepted_is_compared_with_what_came() -> None:
    accepted = _accepted(messages=3, receipts=2)
    for after, lost, doubled, failed in (
        (_after(13, 7), 0, 0, 0),
        (_after(12, 7), 1, 0, 0),
        (_after(13, 6), 1, 0, 0),
        (_after(14, 9), 0, 3, 0),
        (_after(12, 8, failed=3), 1, 1, 1),
    ):
        found = compare(accepted, _BEFORE, after)
        assert (found.lost, found.doubled, found.failed) == (lost, doubled, failed)


def test_each_provider_that_sends_reports_signed() -> None:
    for name, played in PLAYED_SENDERS.items():
        if name == "ses":  # whose receipts nobody but Amazon signs
            assert not played.RECEIPT_WORDS
            continue
        (kind, *_) = sorted(REGISTRY[name].CHANNEL_KINDS)
        at = channel(name, kind, ("whsec_c2VjcmV0IG9uZQ==",))
        written = ChannelMessage(channel=at, message=INBOUND_TEXT)
        first, second = islice(with_receipts(iter([written]), share=1, seed=1), 2)
        assert first == written
        assert second.receipt is not None
        delivery = compose_receipt_delivery(
            played, second.receipt, at.own_address, at, **_PLACE, now=NOW
        )
        assert delivery.url.startswith("http://127.0.0.1:9/webhooks/")
        if name not in _SIGNING_URLS:  # it is the public one that they sign
            assert verify(REGISTRY[name].signed(delivery, at.secrets, NOW)).is_authentic


def test_no_receipts_without_a_share_of_them() -> None:
    written = ChannelMessage(channel=channel("twilio", "sms"), message=INBOUND_TEXT)
    assert list(with_receipts(iter([written]), share=0, seed=1)) == [written]


def test_what_is_accepted_twice_is_one() -> None:
    counted = ChannelCounts.of(channel("twilio", "sms"))
    written = ChannelMessage(channel=channel("twilio", "sms"), message=INBOUND_TEXT)
    (_, reported) = with_receipts(iter([written]), share=1, seed=1)
    for what in (written, written, reported, reported):
        counted.accept(Planned(what=what, is_duplicate=False))
    assert (len(counted.messages), len(counted.receipts)) == (1, 1)
    assert counted.figures()["p99_ms"] is None


def test_a_text_in_parts_is_accepted_with_its_last_part() -> None:
    at = channel("vonage", "sms")
    counted = ChannelCounts.of(at)
    for number, is_there in ((2, False), (2, False), (1, False), (3, True)):
        part = PartPlace(reference=1, number=number, total=3)
        message = replace(INBOUND_TEXT, provider_message_id=f"sim-1-{number}")
        what = ChannelMessage(channel=at, message=message, part=part)
        counted.accept(Planned(what=what, is_duplicate=False))
        assert counted.messages == ({"sim-1"} if is_there else set())

"""Plivo and Sinch, as they are played, take what is really sent and refuse what they would.

Source: https://docs.plivo.com/docs/messaging/api/message/send-a-message,
https://developers.sinch.com/docs/sms/api-reference/sms/tag/Batches/
"""

from dataclasses import replace

import msgspec
import pytest
from samples import NOW, channel
from test_sending_providers import TEXT

from domain.channel import Channel
from domain.outbound import Failed, OutboundMessage, SendOutcome, SendRequest, Sent
from providers import SENDERS
from simulation import PLAYED_SENDERS
from simulation.played import PostedSend, TakenMessage

FURTHER = "+14155550198"
CHANNELS = [
    replace(
        channel(name, "sms", ("a secret",), "a token"),
        account="account",
        further_addresses=(FURTHER,),
    )
    for name in ("plivo", "sinch")
]
each_channel = pytest.mark.parametrize("sends", CHANNELS, ids=lambda each: each.provider)


def attempt(
    sends: Channel, message: OutboundMessage, known: Channel, count: int = 0
) -> tuple[SendOutcome, TakenMessage | None]:
    """Send by one channel to where another is known; return the outcome, and what was taken."""
    sender, played = SENDERS[sends.provider], PLAYED_SENDERS[sends.provider]
    request = sender.compose_send(message, sends, NOW)
    assert isinstance(request, SendRequest)
    posted = PostedSend(
        place=played.place_of(sends),
        headers=request.headers,
        body=request.body,
        received_at=NOW,
        count=count,
    )
    answer = played.take(posted, [known])
    body = b"" if answer.fields is None else msgspec.json.encode(answer.fields)
    return sender.read_answer(answer.status, answer.headers, body), answer.taken


@each_channel
def test_what_is_sent_is_taken(sends: Channel) -> None:
    for own_address in (sends.own_address, FURTHER):
        outcome, taken = attempt(sends, replace(TEXT, own_address=own_address), sends)
        assert isinstance(outcome, Sent)
        assert taken is not None
        assert taken.provider_message_id == outcome.provider_message_id
        assert (taken.channel, taken.own_address, taken.to) == (sends, own_address, TEXT.to)


@each_channel
def test_two_messages_have_two_ids(sends: Channel) -> None:
    (first, _), (second, _) = (attempt(sends, TEXT, sends, count) for count in (0, 1))
    assert isinstance(first, Sent)
    assert isinstance(second, Sent)
    assert first.provider_message_id != second.provider_message_id


@each_channel
@pytest.mark.parametrize("change", [{"credential": "another"}, {"account": "another"}])
def test_a_stranger_is_refused(sends: Channel, change: dict[str, str]) -> None:
    outcome, taken = attempt(replace(sends, **change), TEXT, sends)
    assert isinstance(outcome, Failed)
    assert (outcome.code, taken) == ("http_401", None)


@each_channel
@pytest.mark.parametrize("change", [{"own_address": "+14155550197"}, {"body": ""}])
def test_what_is_missing_or_not_ours_is_refused(sends: Channel, change: dict[str, str]) -> None:
    outcome, taken = attempt(sends, replace(TEXT, **change), sends)
    assert isinstance(outcome, Failed)
    assert taken is None


def test_a_batch_goes_to_several() -> None:
    to = ("+14155550101", "+14155550102")
    _, taken = attempt(CHANNELS[1], replace(TEXT, to=to), CHANNELS[1])
    assert taken is not None
    assert taken.to == to

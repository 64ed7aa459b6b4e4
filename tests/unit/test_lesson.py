"""A nursery learns the spellings of senders that were read, and of nothing else."""

from samples import NOW, OWN_PHONE, channel, claimed

from domain.event import message_event
from domain.message import InboundMessage, Recipient
from worker.reading.event import Outcome, Unread
from worker.reading.lesson import learn, spellings_in, write_lesson
from worker.reading.normalise import normalise

_UNREAD = Unread(error_class="unreadable", detail="no shape", fate="given_up")


def _read(sender: str) -> Outcome:
    event = claimed(message_event("m-1", b"{}"), "generic")
    message = InboundMessage(
        kind="sms",
        provider_message_id="m-1",
        sender=sender,
        recipients=(Recipient(role="to", address=OWN_PHONE),),
        body="Hello",
        sent_at=NOW,
    )
    return normalise(event, message, channel("generic", "sms"))


def test_each_sender_is_taught_once() -> None:
    on = channel("generic", "sms")
    outcomes = [_read("+14155550101"), _UNREAD, _read("(415) 555-0101"), _read("+14155550102")]

    spellings = spellings_in(outcomes, {(on.customer_id, on.id): on})

    assert spellings == [("+14155550101", "sms", "US"), ("+14155550102", "sms", "US")]


def test_a_lesson_arrives_as_it_was_written() -> None:
    learn(write_lesson([("+14155550101", "sms", "US"), ("ann@example.org", "email", "US")]))

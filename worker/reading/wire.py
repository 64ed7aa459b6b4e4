"""What a worker and the process that reads for it tell each other: msgpack frames on a socket.

Knows neither process. A frame is its length in four bytes, then one question or one answer.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import msgspec

from domain.channel import Channel
from domain.event import ClaimedEvent
from domain.message import FetchNeeded
from domain.receipt import NewReceipt
from worker.reading.draft import MessageDraft
from worker.reading.event import Outcome, Unread

T = TypeVar("T", MessageDraft, NewReceipt)

HEAD_BYTES = 4
_WORTH_SENDING_BACK = 4096  # a longer body stays where it came from


class Question(msgspec.Struct, frozen=True, array_like=True):
    """Events to read. `events` are (number of the event, index of its channel, event)."""

    channels: list[Channel]
    events: list[tuple[int, int, ClaimedEvent]]


class Answer(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """What became of one event: exactly one of these."""

    draft: MessageDraft | None = None
    receipt: NewReceipt | None = None
    unread: Unread | None = None
    fetch: FetchNeeded | None = None


_ENCODER = msgspec.msgpack.Encoder()
_QUESTION = msgspec.msgpack.Decoder(Question)
_ANSWER = msgspec.msgpack.Decoder(Answer)
_ANSWERS = msgspec.msgpack.Decoder(list[Answer])
_RAW_ANSWERS = msgspec.msgpack.Decoder(list[msgspec.Raw])


def write_question(question: Question) -> bytes:
    return _framed(_ENCODER.encode(question))


def read_question(frame: bytes | bytearray) -> Question:
    return _QUESTION.decode(frame)


def write_answer(outcome: Outcome) -> msgspec.Raw:
    """Write one answer.

    Raises: whatever a value that no message can have raises; it is that event's fault.
    """
    if isinstance(outcome, Unread):
        answer = Answer(unread=outcome)
    elif isinstance(outcome, FetchNeeded):
        answer = Answer(fetch=outcome)
    elif isinstance(outcome, NewReceipt):
        answer = Answer(receipt=_light(outcome))
    else:
        answer = Answer(draft=_light(outcome))
    return msgspec.Raw(_ENCODER.encode(answer))


def write_answers(answers: Sequence[msgspec.Raw]) -> bytes:
    return _framed(_ENCODER.encode(answers))


def read_answers(frame: bytes) -> list[Outcome | msgspec.ValidationError]:
    """Read the answers to one question; one that says what no answer can say is an error."""
    try:
        return [_outcome(answer) for answer in _ANSWERS.decode(frame)]
    except msgspec.ValidationError:
        return [_read_answer(raw) for raw in _RAW_ANSWERS.decode(frame)]


def _read_answer(raw: msgspec.Raw) -> Outcome | msgspec.ValidationError:
    try:
        return _outcome(_ANSWER.decode(raw))
    except msgspec.ValidationError as error:
        return error


def _outcome(answer: Answer) -> Outcome:
    outcome = answer.draft or answer.receipt or answer.unread or answer.fetch
    if outcome is None:
        raise msgspec.ValidationError
    return outcome


def _framed(payload: bytes) -> bytes:
    return len(payload).to_bytes(HEAD_BYTES, "big") + payload


def _light(outcome: T) -> T:
    """Leave a long body out: the other side has it."""
    if outcome.event.size_bytes <= _WORTH_SENDING_BACK:
        return outcome
    return replace(outcome, event=replace(outcome.event, body=b"", fetched=None))

"""What a worker and the process that reads for it tell each other: msgpack frames on a socket.

Knows neither process. A frame is one question or one answer, its length before it. What is large
of it, a body or a file, follows as it is: in the frame it would be in memory once more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from struct import Struct
from typing import TypeVar

import msgspec

from domain.channel import Channel
from domain.event import LARGE_BYTES, ClaimedEvent
from domain.message import FetchNeeded
from domain.receipt import NewReceipt
from worker.reading.draft import MessageDraft
from worker.reading.event import Outcome, Unread

T = TypeVar("T", MessageDraft, NewReceipt)

_HEAD = Struct("!II")  # the length of the frame, and of the list of what is large of it
HEAD_BYTES = _HEAD.size
_WORTH_SENDING_BACK = 4096  # a longer body stays where it came from

Place = tuple[int, int]  # of an event and its part, or of an answer and its file
_BODY, _FETCHED = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A frame as it was received, and what was large of it, by its place."""

    payload: bytes | bytearray
    large: Mapping[Place, bytes] = field(default_factory=dict[Place, bytes])


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
_LENGTHS = msgspec.msgpack.Decoder(list[tuple[int, int, int]])


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenAnswer:
    """One answer, and its large files by their place."""

    raw: msgspec.Raw
    files: Mapping[int, bytes] = field(default_factory=dict[int, bytes])


def lengths_in(head: bytes) -> tuple[int, int]:
    """Read of a head how long the list of what is large is, and the frame behind it."""
    frame_bytes, list_bytes = _HEAD.unpack(head)
    return list_bytes, frame_bytes


def large_in(listed: bytes) -> list[tuple[Place, int]]:
    """Read what follows a frame: the place of each, and its length."""
    return [((first, second), size) for first, second, size in _LENGTHS.decode(listed)]


def write_question(question: Question) -> list[bytes]:
    """Write a question; what is sent stays where it is, so that nothing is copied."""
    events: list[tuple[int, int, ClaimedEvent]] = []
    large: dict[Place, bytes] = {}
    for place, (number, channel, event) in enumerate(question.events):
        if len(event.body) > LARGE_BYTES:
            large[place, _BODY] = event.body
            event = replace(event, body=b"")
        if event.fetched is not None and len(event.fetched.body) > LARGE_BYTES:
            large[place, _FETCHED] = event.fetched.body
            event = replace(event, fetched=replace(event.fetched, body=b""))
        events.append((number, channel, event))
    payload = _ENCODER.encode(Question(channels=question.channels, events=events))
    return _framed(payload, large)


def read_question(frame: Frame) -> Question:
    question = _QUESTION.decode(frame.payload)
    for (place, part), content in frame.large.items():
        number, channel, event = question.events[place]
        if part == _BODY:
            event = replace(event, body=content)
        elif event.fetched is not None:
            event = replace(event, fetched=replace(event.fetched, body=content))
        question.events[place] = (number, channel, event)
    return question


def write_answer(outcome: Outcome) -> WrittenAnswer:
    """Write one answer.

    Raises: whatever a value that no message can have raises; it is that event's fault.
    """
    files: dict[int, bytes] = {}
    if isinstance(outcome, Unread):
        answer = Answer(unread=outcome)
    elif isinstance(outcome, FetchNeeded):
        answer = Answer(fetch=outcome)
    elif isinstance(outcome, NewReceipt):
        answer = Answer(receipt=_light(outcome))
    else:
        files = _large_files(outcome)
        answer = Answer(draft=_without(files, _light(outcome)))
    return WrittenAnswer(raw=msgspec.Raw(_ENCODER.encode(answer)), files=files)


def write_answers(answers: Sequence[WrittenAnswer]) -> list[bytes]:
    large = {
        (place, nth): content
        for place, answer in enumerate(answers)
        for nth, content in answer.files.items()
    }
    return _framed(_ENCODER.encode([answer.raw for answer in answers]), large)


def read_answers(frame: Frame) -> list[Outcome | msgspec.ValidationError]:
    """Read the answers to one question; one that says what no answer can say is an error."""
    outcomes: list[Outcome | msgspec.ValidationError]
    try:
        outcomes = [_outcome(answer) for answer in _ANSWERS.decode(frame.payload)]
    except msgspec.ValidationError:
        outcomes = [_read_answer(raw) for raw in _RAW_ANSWERS.decode(frame.payload)]
    for (place, nth), content in frame.large.items():
        outcome = outcomes[place]
        if isinstance(outcome, MessageDraft):
            outcomes[place] = _with_file(outcome, nth, content)
    return outcomes


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


def _framed(payload: bytes, large: Mapping[Place, bytes]) -> list[bytes]:
    lengths = [(*place, len(content)) for place, content in large.items()]
    listed = _ENCODER.encode(lengths) if lengths else b""
    return [_HEAD.pack(len(payload), len(listed)) + listed + payload, *large.values()]


def _light(outcome: T) -> T:
    """Leave a long body out: the other side has it."""
    if outcome.event.size_bytes <= _WORTH_SENDING_BACK:
        return outcome
    return msgspec.structs.replace(outcome, event=outcome.event.without_content())


def _large_files(draft: MessageDraft) -> dict[int, bytes]:
    return {
        nth: file.content
        for nth, file in enumerate(draft.attachments)
        if file.content is not None and len(file.content) > LARGE_BYTES
    }


def _without(files: Mapping[int, bytes], draft: MessageDraft) -> MessageDraft:
    for nth in files:
        draft = _with_file(draft, nth, b"")
    return draft


def _with_file(draft: MessageDraft, nth: int, content: bytes) -> MessageDraft:
    attachments = list(draft.attachments)
    attachments[nth] = replace(attachments[nth], content=content)
    return msgspec.structs.replace(draft, attachments=tuple(attachments))

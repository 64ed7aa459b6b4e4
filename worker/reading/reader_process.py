"""The process that reads events for a worker, one question after the other, until it hangs up.

It writes to shared memory which event it is reading, so that its death names the event. It is
single-threaded, without a connection to anything but its worker.
"""

import gc
import mmap
import os
import signal
import socket
import sys
from collections.abc import Mapping
from pkgutil import resolve_name

import msgspec

from domain.channel import Channel
from domain.event import ClaimedEvent
from domain.provider import Provider
from worker.reading.event import Unread, read_event, unread_because_of
from worker.reading.limits import Limits, TookTooLong, Watch
from worker.reading.wire import (
    HEAD_BYTES,
    Frame,
    Place,
    Question,
    WrittenAnswer,
    large_in,
    lengths_in,
    read_question,
    write_answer,
    write_answers,
)

TOOK_TOO_LONG = Unread(
    error_class="took_too_long", detail="the event took too long to read", fate="isolate"
)
READER_KILLED = Unread(
    error_class="reader_killed", detail="the process that read the event died of it", fate="isolate"
)


def main() -> None:
    """Be the process that `start_reader` starts."""
    line, shared, registry, limits = sys.argv[1:]
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it ends with its worker, not before
    number = memoryview(mmap.mmap(int(shared), 0)).cast("q")
    os.close(int(shared))
    providers: Mapping[str, Provider] = resolve_name(registry)
    gc.freeze()
    read_for_worker(
        socket.socket(fileno=int(line)),
        number,
        providers,
        msgspec.json.decode(limits, type=Limits),
    )


def read_for_worker(
    line: socket.socket,
    current: "memoryview[int]",
    providers: Mapping[str, Provider],
    limits: Limits,
) -> None:
    """Answer questions until the worker hangs up. `current` holds the event's number, or 0."""
    watch = Watch(limits)
    watch.start()
    while (question := _receive_question(line)) is not None:
        answers = write_answers(_answer_all(question, current, providers, watch))
        del question  # a large body need not be there beside its files
        for piece in answers:
            line.sendall(piece)


def _answer_all(
    question: Question,
    current: "memoryview[int]",
    providers: Mapping[str, Provider],
    watch: Watch,
) -> list[WrittenAnswer]:
    answers: list[WrittenAnswer] = []
    watch.resume()
    for number, channel, event in question.events:
        current[0] = number
        answers.append(_answer(number, event, question.channels[channel], providers, watch))
    current[0] = 0
    watch.pause()
    return answers


def _answer(
    number: int,
    event: ClaimedEvent,
    channel: Channel,
    providers: Mapping[str, Provider],
    watch: Watch,
) -> WrittenAnswer:
    try:
        watch.begin(number, event.size_bytes)
        answer = write_answer(read_event(event, channel, providers))
        watch.end()
    except TookTooLong:
        watch.end()
        return write_answer(TOOK_TOO_LONG)
    except Exception as error:
        # The provider made something of it that cannot even be told.
        watch.end()
        return write_answer(unread_because_of(error))
    return answer


def _receive_question(line: socket.socket) -> Question | None:
    head = _receive(line, HEAD_BYTES)
    if head is None:
        return None
    list_bytes, frame_bytes = lengths_in(head)
    listed, payload = _receive(line, list_bytes), _receive(line, frame_bytes)
    if listed is None or payload is None:
        return None
    large: dict[Place, bytes] = {}
    for place, size_bytes in large_in(listed) if listed else ():
        content = _receive(line, size_bytes)
        if content is None:
            return None
        large[place] = content
    return read_question(Frame(payload=payload, large=large))


def _receive(line: socket.socket, size_bytes: int) -> bytes | None:
    """Receive so many bytes, in memory once; None where the worker hung up before."""
    received = b""
    while len(received) < size_bytes:  # once, unless a signal comes
        more = line.recv(size_bytes - len(received), socket.MSG_WAITALL)
        if not more:
            return None
        received = received + more if received else more
    return received


if __name__ == "__main__":
    main()

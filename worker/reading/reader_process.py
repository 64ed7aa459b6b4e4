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
_RECEIVE_BYTES = 1 << 20


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
    while (frame := _receive(line)) is not None:
        question = read_question(frame)
        answers: list[msgspec.Raw] = []
        watch.resume()
        for number, channel, event in question.events:
            current[0] = number
            answers.append(_answer(number, event, question.channels[channel], providers, watch))
        current[0] = 0
        watch.pause()
        line.sendall(write_answers(answers))


def _answer(
    number: int,
    event: ClaimedEvent,
    channel: Channel,
    providers: Mapping[str, Provider],
    watch: Watch,
) -> msgspec.Raw:
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


def _receive(line: socket.socket) -> bytearray | None:
    head = _receive_bytes(line, HEAD_BYTES)
    return None if head is None else _receive_bytes(line, int.from_bytes(head, "big"))


def _receive_bytes(line: socket.socket, size: int) -> bytearray | None:
    received = bytearray(size)
    view, have = memoryview(received), 0
    while have < size:
        count = line.recv_into(view[have : have + _RECEIVE_BYTES])
        if not count:
            return None
        have += count
    return received


if __name__ == "__main__":
    main()

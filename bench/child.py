"""The child's side of `processes.call`: a job on stdin, `ready`, wait for `go`, the result."""

import sys
from collections.abc import Callable
from typing import TypeVar

import msgspec

Job = TypeVar("Job", bound=msgspec.Struct)


def serve_one(job_type: type[Job], prepare: Callable[[Job], Callable[[], msgspec.Struct]]) -> None:
    """Read the job, prepare, and once all children are ready do the work and answer."""
    work = prepare(msgspec.json.decode(sys.stdin.buffer.readline(), type=job_type))
    _say(b"ready")
    sys.stdin.buffer.readline()
    _say(msgspec.json.encode(work()))


def _say(line: bytes) -> None:
    # With PYTHONUNBUFFERED, `sys.stdout.buffer` may write a part only.
    with open(sys.stdout.fileno(), "wb", closefd=False) as stdout:
        stdout.write(line + b"\n")

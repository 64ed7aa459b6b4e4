"""The mail servers of everybody else, as one real server in a process of its own.

Run as a program: `mail_world.py FOLDER` takes every mail on a port of this machine, which it
prints, and writes each, with its envelope, into the folder.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenMail:
    """A mail as it came there."""

    sender: str
    recipients: Sequence[str]
    mail: EmailMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class MailWorld:
    """The running server."""

    port: int
    folder: Path

    def taken(self) -> Sequence[TakenMail]:
        """Return what it took, oldest first."""
        return [_read(path) for path in sorted(self.folder.glob("*.json"))]


@contextmanager
def mail_world(folder: Path) -> Generator[MailWorld]:
    """Run it until the end."""
    folder.mkdir()
    command = [sys.executable, __file__, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield MailWorld(port=int(process.stdout.readline()), folder=folder)
        finally:
            process.terminate()


def _read(path: Path) -> TakenMail:
    told = json.loads(path.read_text())
    mail = message_from_bytes(told["content"].encode("latin-1"), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return TakenMail(sender=told["sender"], recipients=told["recipients"], mail=mail)


class _Writes:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names = count(1)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        told: dict[str, Any] = {
            "sender": envelope.mail_from,
            "recipients": envelope.rcpt_tos,
            "content": (envelope.original_content or b"").decode("latin-1"),
        }
        draft = self._folder / "draft"
        draft.write_text(json.dumps(told))
        draft.rename(self._folder / f"{next(self._names):03d}.json")
        return "250 2.0.0 queued"


async def _serve(folder: Path) -> None:
    make = partial(SMTP, _Writes(folder), enable_SMTPUTF8=True, hostname="world.test")
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))

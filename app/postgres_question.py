"""Asks a server whether it answers at all, by the request that comes before every session.

Its first process and a new child answer that also while it starts, recovers, stops or has no free
connection, and need no account, no database and no lock for it.
"""

import socket
import struct
from pathlib import Path

from app.postgres_server import PORT

_MAY_I_ENCRYPT = struct.pack("!ii", 8, 80877103)  # SSLRequest; over such a socket the answer is no
_MOMENT_SECONDS = 0.25


class Question:
    """A question that stays open until the server answers, however late that is."""

    def __init__(self, sockets: Path) -> None:
        self._address = str(sockets / f".s.PGSQL.{PORT}")
        self._open: socket.socket | None = None

    def is_answered(self) -> bool:
        """Ask, unless the question is still open, and look a moment for an answer of any kind.

        That nobody listens is one too: whoever hangs has not stopped listening.
        """
        try:
            if self._open is None:
                self._open = _ask(self._address)
            self._open.recv(1)
        except (TimeoutError, BlockingIOError):  # the latter: too many wait to be let in
            return False
        except OSError:
            pass
        self.close()
        return True

    def close(self) -> None:
        """Wait for no answer any longer."""
        if self._open is not None:
            self._open.close()
            self._open = None


def _ask(address: str) -> socket.socket:
    asking = socket.socket(socket.AF_UNIX)
    try:
        asking.settimeout(_MOMENT_SECONDS)
        asking.connect(address)
        asking.sendall(_MAY_I_ENCRYPT)
    except BaseException:
        asking.close()
        raise
    return asking

"""A blocking HTTP/1.1 client over one kept connection, as cheap as Python can be."""

import socket
from types import TracebackType
from typing import Self

_CHUNK = 1 << 18


class Client:
    """One connection; requests go one after the other."""

    def __init__(self, host: str, port: int, authorization: str = "") -> None:
        self._address = (host, port)
        self._socket = _dial(self._address)
        credentials = f"Authorization: {authorization}\r\n" if authorization else ""
        self._fields = f" HTTP/1.1\r\nHost: {host}:{port}\r\n{credentials}\r\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def get(self, path: str) -> bytes:
        """Fetch a path; returns the whole response, its head included."""
        try:
            return self._ask(path)
        except ConnectionError:
            # The server hangs up on a connection that was idle for long.
            self._socket.close()
            self._socket = _dial(self._address)
            return self._ask(path)

    def _ask(self, path: str) -> bytes:
        self._socket.sendall(f"GET {path}{self._fields}".encode())
        response = b""
        while not is_complete(response):
            chunk = self._socket.recv(_CHUNK)
            if not chunk:
                raise ConnectionError("the server hung up in mid-response")
            response += chunk
        return response


def _dial(address: tuple[str, int]) -> socket.socket:
    dialled = socket.create_connection(address, timeout=30)
    dialled.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return dialled


def is_complete(response: bytes) -> bool:
    """Say whether the response is there whole; it must carry a Content-Length."""
    head, separator, body = response.partition(b"\r\n\r\n")
    if not separator:
        return False
    _, found, rest = head.lower().partition(b"content-length: ")
    assert found, "a response without Content-Length"
    return len(body) >= int(rest.split(b"\r\n", 1)[0])


def body_of(response: bytes) -> bytes:
    """Take the body out of a response that must be a success."""
    head, _, body = response.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.split(b"\r\n", 1)[0].decode() + " " + body[:300].decode())
    return body

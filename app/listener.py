"""The socket that the web process answers on, which may have been opened by its parent."""

import socket

from domain.errors import OperatorError

BACKLOG = 2048


def listening_socket(host: str, port: int) -> socket.socket:
    """Bind and listen, so that callers queue from here on.

    Raises: OperatorError when the port is taken or not ours to take.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise OperatorError(f"cannot listen on {host} port {port}: {error.strerror}") from None
    return listener


def inherited_socket(descriptor: int) -> socket.socket:
    """Take over a socket that our parent listens on.

    Raises: OperatorError when the descriptor is no listening socket.
    """
    try:
        listener = socket.socket(fileno=descriptor)
        is_listening = listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError:
        is_listening = 0
    else:
        if is_listening:
            return listener
        listener.detach()
    raise OperatorError("--fd is no listening socket")

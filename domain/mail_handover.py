"""A mail on its way to a mail server: which server, by which security, with which envelope.

`smtps://host:465` speaks TLS from the first byte, `smtp://host:587` after STARTTLS, which is
required unless the host is this machine. Pure. Source: RFC 5321, RFC 3207, RFC 8314.
"""

from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal
from urllib.parse import SplitResult, urlsplit

Security = Literal["tls", "starttls", "none"]

MAIL_SCHEMES = frozenset({"smtp", "smtps"})
_PORTS = {"smtp": 587, "smtps": 465}
_STARTTLS: dict[str, Security] = {"starttls=on": "starttls", "starttls=off": "none"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mails are handed over."""

    host: str
    port: int
    security: Security

    @property
    def is_loopback(self) -> bool:
        """Say whether it is on this machine, so that nobody listens on the way."""
        return _is_loopback(self.host)

    @property
    def hides_passwords(self) -> bool:
        """Say whether a password may be shown to it."""
        return self.security != "none" or self.is_loopback


@dataclass(frozen=True, slots=True, kw_only=True)
class MailHandover:
    """The SMTP transaction that hands a mail over; `login` is a user and a password.

    Lines of `body` end with CR LF. One that `needs_utf8` has addresses of other alphabets.
    """

    server: MailServer
    login: tuple[str, str] | None = field(repr=False)
    sender: str
    recipients: tuple[str, ...]
    body: bytes
    needs_utf8: bool = False


def read_mail_server(url: str) -> MailServer:
    """Read the URL of a mail server. Raises: ValueError with what is wrong with it."""
    parts = _split(url)
    if parts.scheme not in MAIL_SCHEMES or not parts.hostname:
        raise ValueError("must be like smtp://mail.example.com:587 or smtps://mail.example.com:465")
    if "@" in parts.netloc:
        raise ValueError("must have no user and no password: those are the credential")
    if parts.path.strip("/") or parts.fragment:
        raise ValueError("must have no path")
    if parts.query and (parts.scheme == "smtps" or parts.query not in _STARTTLS):
        raise ValueError("may end with ?starttls=on or ?starttls=off, and that only with smtp://")
    if parts.port == 0:
        raise ValueError("must have another port than 0")
    return MailServer(
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        security=_security(parts),
    )


def _split(url: str) -> SplitResult:
    """Take a URL apart, also what is found wrong only when it is asked for."""
    parts = urlsplit(url)
    if any(char.isspace() for char in url) or (parts.port or 0) < 0:
        raise ValueError("must have no spaces")
    return parts


def _security(parts: SplitResult) -> Security:
    if parts.scheme == "smtps":
        return "tls"
    if parts.query:
        return _STARTTLS[parts.query]
    return "none" if _is_loopback(parts.hostname or "") else "starttls"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

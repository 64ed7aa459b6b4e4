"""The mail server that takes what channels of `smtp` send, played by aiosmtpd.

It lets in who shows the credential of a channel, and takes mails from the own addresses of channels
alone; what happens to a mail that was taken is somebody else's.
"""

from collections.abc import Callable, Mapping
from functools import partial

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from domain.channel import Channel
from domain.signature import is_same
from simulation.played import TakenMessage
from simulation.smtp import NAME, take_mail


def mail_endpoint(
    channels: Mapping[str, Channel], on_taken: Callable[[TakenMessage], None]
) -> Callable[[], SMTP]:
    """Make what serves a connection. `channels` are by id, their secrets open."""
    played = _Played(channels, on_taken)
    return partial(
        SMTP,
        played,
        hostname="mail.example.com",
        enable_SMTPUTF8=True,
        auth_require_tls=False,  # it is reached on this machine alone
        authenticator=played.let_in,
    )


class _Played:
    def __init__(
        self, channels: Mapping[str, Channel], on_taken: Callable[[TakenMessage], None]
    ) -> None:
        self._channels = channels
        self._on_taken = on_taken
        self._taken: set[str] = set()

    def let_in(
        self, server: SMTP, session: Session, envelope: Envelope, _mechanism: str, shown: object
    ) -> AuthResult:
        """Say whether a user and a password are the credential of a channel."""
        if not isinstance(shown, LoginPassword):
            return AuthResult(success=False, handled=False)
        given = b":".join((shown.login, shown.password)).decode("utf-8", "replace")
        credentials = [channel.credential for channel in self._of_smtp() if channel.credential]
        is_right = any([is_same(given, credential) for credential in credentials])
        return AuthResult(success=is_right, handled=False)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take a mail, or refuse it."""
        content = envelope.original_content or b""
        sender = envelope.mail_from or ""
        message = take_mail(content, envelope.rcpt_tos, sender, self._of_smtp())
        if message is None:
            return "550 5.7.1 not from here"
        if message.provider_message_id not in self._taken:
            self._taken.add(message.provider_message_id)
            self._on_taken(message)
        return "250 2.0.0 taken"

    def _of_smtp(self) -> list[Channel]:
        return [channel for channel in self._channels.values() if channel.provider == NAME]

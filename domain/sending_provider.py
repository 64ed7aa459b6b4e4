"""The protocol that a file in `providers/` keeps to send, beside the one to receive. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from domain.channel import Channel
from domain.mail_handover import MailHandover
from domain.outbound import OutboundMessage, SendOutcome, SendRequest


class SendingProvider(Protocol):
    """A provider that sends. A module with these names is one."""

    @property
    def NAME(self) -> str: ...

    @property
    def LONGEST_TEXT(self) -> int:
        """The characters that a text message, not a mail, may have."""
        ...

    @property
    def MOST_FILE_BYTES(self) -> int:
        """The bytes that the files of a message may have together; 0 where it takes none."""
        ...

    @property
    def SECRET_IS_CREDENTIAL(self) -> bool:
        """Whether the provider issues one secret for both, so that a new channel sends with it."""
        ...

    def obstacle(self, channel: Channel, *, has_credential: bool, recipients: int) -> str | None:
        """Say what keeps this channel from sending to so many, or None: it can."""
        ...

    def compose_send(
        self, message: OutboundMessage, channel: Channel, now: datetime
    ) -> SendRequest | MailHandover:
        """Write the request that hands `message` to the provider; the channel can send."""
        ...

    def read_answer(self, status: int, headers: Mapping[str, str], body: bytes) -> SendOutcome:
        """Read what the provider answered; header names are lower-case. Never raises.

        Of a mail server, `status` is the code of its reply, `body` the text, and there are no
        headers.
        """
        ...

    def explain(self, error_code: str | None) -> str:
        """Say in plain words why a message was not delivered."""
        ...

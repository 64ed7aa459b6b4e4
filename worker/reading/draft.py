"""A message on its way into tables: normalised, but with addresses not yet hashed.

Between reading an event and writing rows; knows neither a provider nor a table.
"""

from dataclasses import dataclass
from datetime import datetime

import msgspec

from domain.address import Address, Canonical
from domain.closing import CONTINUE, ClosedPolicy
from domain.consent import ToldConsent
from domain.event import ClaimedEvent
from domain.message import (
    AUTOMATIC,
    Attachment,
    BodyFormat,
    Direction,
    MailClass,
    MailReport,
    MessageKind,
    MessageShape,
    RecipientRole,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadDraft:
    """What an e-mail says of its thread. `references` come most telling first.

    `content_hash` keys what it says, to tell copies of a mail from mails that share a Message-ID.
    The first `answer_count` references are mails of ours to whose reply addresses it was sent.
    """

    message_id: str | None
    references: tuple[str, ...]
    content_hash: str | None = None
    answer_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PartPlace:
    """Which part of which text a draft is; all parts of a text have the same `group`."""

    group: str
    number: int
    total: int


class MessageDraft(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message that came in; outbound is what an own address of the customer wrote.

    A worker makes two of each, and a struct of so many fields is made in a tenth of the time of a
    dataclass.

    `key_hash` is that of the conversation it belongs to or would begin. `own_address` is the one it
    came to. `own` are all of the customer's that it names, that one among them; `others` is
    everybody else; both sorted. `written` are addresses that may have two forms, with that in which
    they came in. `thread` is None for SMS. `consent` is what it says of being texted by the
    channel; it `may_opt_out` where a person has to read that. `quoted_id` is the provider's id of a
    message that it quotes. `part` is None for what is whole.
    """

    event: ClaimedEvent
    direction: Direction
    kind: MessageKind
    key_hash: str
    own_address: Address
    own: tuple[Canonical, ...]
    others: tuple[Canonical, ...]
    sender: Address
    sender_name: str | None
    recipients: tuple[tuple[RecipientRole, Address], ...]
    subject: str | None
    body: str
    body_format: BodyFormat
    preview: str
    attachments: tuple[Attachment, ...]
    provider_message_id: str
    sent_at: datetime
    thread: ThreadDraft | None
    written: tuple[tuple[Address, str], ...] = ()
    closed_policy: ClosedPolicy = CONTINUE
    mail_class: MailClass | None = None
    report: MailReport | None = None
    consent: ToldConsent | None = None
    may_opt_out: bool = False
    shape: MessageShape | None = None
    quoted_id: str | None = None
    part: PartPlace | None = None

    @property
    def is_automatic(self) -> bool:
        """Whether nobody waits behind it, so that it asks for no attention."""
        return self.mail_class in AUTOMATIC

    @property
    def is_from_people(self) -> bool:
        """Whether somebody else than us wrote it, and may wait."""
        return self.direction == "inbound" and not self.is_automatic

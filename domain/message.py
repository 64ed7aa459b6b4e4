"""What a provider's event says once it is read: a message, a part of one, a delivery receipt, or
that it is not all there.

Addresses are still as the provider wrote them; normalising is the worker's step.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.consent import ToldConsent

Direction = Literal["inbound", "outbound"]
MessageKind = Literal["sms", "mms", "whatsapp", "email"]
# What a message is that is no plain text or file; `choice` is a button or a row that was tapped.
MessageShape = Literal[
    "location", "choice", "reaction", "contact", "order", "sticker", "unsupported"
]  # fmt: skip
BodyFormat = Literal["text", "html"]
RecipientRole = Literal["to", "cc", "bcc"]
ReceiptStatus = Literal[
    "queued", "sent", "delivered", "read", "failed", "unknown",
    "bounced", "complained", "opened", "clicked",
]  # fmt: skip
MailClass = Literal[
    "human", "auto_reply", "out_of_office", "list", "bulk", "bounce", "complaint", "own_echo",
]  # fmt: skip

# What nobody waits behind. Not `list`: people write to it, or to an address that is kept as one.
AUTOMATIC: frozenset[MailClass] = frozenset(
    {"auto_reply", "out_of_office", "bulk", "bounce", "complaint"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file: its bytes, or the URL that its provider keeps it at; one of both is there.

    Otherwise, only what the provider said of it is set. `content_id` is what the HTML of a mail
    calls an image that it shows (`cid:`), without brackets.
    """

    url: str | None = None
    content: bytes | None = None
    content_type: str | None = None
    filename: str | None = None
    size_bytes: int | None = None
    content_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    role: RecipientRole
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadHeaders:
    """RFC 5322 identification fields, without angle brackets, oldest reference first."""

    message_id: str | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailReport:
    """What a mail system says became of a mail of ours; that mail's Message-ID names it.

    `word` is the system's own, `error_code` a code of RFC 3463. `recipients` are those whom it is
    about, and `is_permanent` says that no mail reaches them, whatever it says.
    """

    original_message_id: str | None
    status: ReceiptStatus
    word: str
    error_code: str | None = None
    recipients: tuple[str, ...] = ()
    is_permanent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """One message sent to a channel. `sent_at` is None where the provider gives no time.

    `mail_class` is None where nothing tells what kind of mail it is; a mail that is a `report` is
    not from a person. `consent` is what the provider itself took a text for. `shape` says what it
    is where that is no plain text; its `body` says it in words all the same. `quoted_id` is the
    provider's id of the message that it quotes, answers or reacts to. `sender_name` is what its
    sender is called where that is no part of the address.
    """

    kind: MessageKind
    provider_message_id: str
    sender: str
    recipients: tuple[Recipient, ...]
    body: str
    body_format: BodyFormat = "text"
    subject: str | None = None
    attachments: tuple[Attachment, ...] = ()
    sent_at: datetime | None = None
    thread: ThreadHeaders | None = None
    mail_class: MailClass | None = None
    report: MailReport | None = None
    consent: ToldConsent | None = None
    shape: MessageShape | None = None
    quoted_id: str | None = None
    sender_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePart:
    """A part of a message of which each part is an event. What it says is in `message`.

    `reference` is what the parts of one message share beside sender and recipient, such as the
    number that a phone gave them; providers use it again.
    """

    message: InboundMessage
    reference: str
    number: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReceipt:
    """What a provider says became of a message we sent; `provider_status` is its own word.

    `recipients` are those whom it is about, as the provider writes them; none where it does not say
    for sure. `is_permanent` is a hard bounce: no mail reaches them, whatever it says. `is_opt_out`:
    a text was refused, since whoever it would go to has opted out.
    """

    provider_message_id: str
    status: ReceiptStatus
    provider_status: str
    error_code: str | None = None
    occurred_at: datetime | None = None
    recipients: tuple[str, ...] = ()
    is_permanent: bool = False
    is_opt_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchNeeded:
    """The event cannot be read before its provider was asked for what it keeps."""


Reading = InboundMessage | MessagePart | DeliveryReceipt | FetchNeeded

"""What SES tells by SNS: that a mail came in, and what became of mail.

{"notificationType": "Received", "mail": {"messageId": "d6iitobk75ur44p8kdnnp7g2n800", ...},
 "receipt": {"recipients": ["help@example.com"], "spamVerdict": {"status": "PASS"},
  "action": {"type": "SNS", "encoding": "BASE64"}}, "content": "..."}
An action of the type S3 has `bucketName` and `objectKey`, and the mail lies there.
Source: https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-contents.html

{"eventType": "Bounce", "mail": {"messageId": "0100...-000000", "destination": [...]},
 "bounce": {"bounceType": "Permanent", "bounceSubType": "General", "timestamp": ...}}
Source: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from base64 import b64decode
from collections.abc import Sequence

import msgspec

from domain.errors import Unreadable
from domain.message import DeliveryReceipt, ReceiptStatus
from domain.message_parts import first_id, named_recipients
from domain.outbound import fit_code
from domain.text import clean_text
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_tolerantly
from providers.parts.s3_object import Place
from providers.parts.ses_words import MAYBE_AN_ANSWER, STATUS, UNSUBSCRIBED

# What SES publishes when it is told to publish at a topic, as text.
_GREETING = "Successfully validated SNS topic"


class _Mail(msgspec.Struct, gc=False):
    messageId: str | None = None
    timestamp: object = None


class _Action(msgspec.Struct, gc=False):
    type: str | None = None
    encoding: str | None = None
    bucketName: str | None = None
    objectKey: str | None = None


class _Receipt(msgspec.Struct, gc=False):
    recipients: list[str] | None = None
    action: _Action | None = None


class _Named(msgspec.Struct, gc=False):
    emailAddress: object = None


class _Fate(msgspec.Struct, gc=False):
    timestamp: object = None
    recipients: list[object] | None = None
    bouncedRecipients: list[_Named] | None = None
    complainedRecipients: list[_Named] | None = None
    delayedRecipients: list[_Named] | None = None
    bounceType: str | None = None
    bounceSubType: str | None = None
    complaintSubType: str | None = None
    complaintFeedbackType: str | None = None
    delayType: str | None = None


class Told(msgspec.Struct, gc=False):
    """What SES tells."""

    mail: _Mail
    eventType: str | None = None
    notificationType: str | None = None
    receipt: _Receipt | None = None
    content: str | None = None
    bounce: _Fate | None = None
    complaint: _Fate | None = None
    delivery: _Fate | None = None
    open: _Fate | None = None
    click: _Fate | None = None
    deliveryDelay: _Fate | None = None
    subscription: _Fate | None = None

    @property
    def identity(self) -> str:
        """The id that SES gave to the mail. Raises: Unreadable."""
        return first_id((self.mail.messageId,), "messageId")

    @property
    def is_received(self) -> bool:
        """Whether a mail came in."""
        return self._type == "Received"

    @property
    def word(self) -> str:
        """What became of a mail; a bounce with its type."""
        kind = clean_text((self.bounce and self.bounce.bounceType) or "").strip()
        return f"{self._type} {kind}" if self._type == "Bounce" and kind else self._type

    @property
    def recipients(self) -> list[str]:
        """Whom the envelope of a mail that came in named."""
        return (self.receipt and self.receipt.recipients) or []

    @property
    def place(self) -> Place | None:
        """Where the mail lies that came in; None where it lies nowhere."""
        action = self._action
        if not self.is_received or (action.type or "").upper() != "S3":
            return None
        return Place(bucket=action.bucketName or "", key=action.objectKey or "")

    @property
    def _type(self) -> str:
        return clean_text(self.eventType or self.notificationType or "").strip() or "unknown"

    @property
    def _action(self) -> _Action:
        return (self.receipt and self.receipt.action) or _Action()

    def mail_within(self) -> bytes:
        """Return the mail that came in with what is told of it. Raises: Unreadable."""
        if self.content is None:
            raise Unreadable("the receipt rule's action must be SNS or S3: others give no mail")
        if (self._action.encoding or "").upper() != "BASE64":
            return self.content.encode("utf-8", "replace")
        try:
            return b64decode(self.content.encode("ascii"), validate=True)
        except ValueError:
            raise Unreadable("content must be base64") from None


_TOLD = msgspec.json.Decoder(Told)


def read_told(message: str) -> Told:
    """Read the message in an envelope.

    Raises: Unreadable.
    """
    return decode_tolerantly(message.encode("utf-8", "replace"), _TOLD)


def is_greeting(message: str) -> bool:
    """Say whether SES only tries a topic out."""
    return message.startswith(_GREETING)


def receipt_told(told: Told, published_at: str | None) -> DeliveryReceipt:
    """Read what became of a mail.

    Raises: Unreadable.
    """
    word, fate = told.word, _fate(told)
    code = _code(told)
    moment = parse_timestamp(fate.timestamp) or parse_timestamp(published_at)
    return DeliveryReceipt(
        provider_message_id=told.identity,
        status=_status(word.lower(), code, told),
        provider_status=word,
        error_code=code,
        occurred_at=moment,
        recipients=named_recipients(_recipients(fate)),
        is_permanent=word == "Bounce Permanent" and code != UNSUBSCRIBED,
    )


def _fate(told: Told) -> _Fate:
    given = (
        told.bounce, told.complaint, told.delivery, told.open, told.click, told.deliveryDelay,
        told.subscription,
    )  # fmt: skip
    return next((fate for fate in given if fate is not None), _Fate(told.mail.timestamp))


def _recipients(fate: _Fate) -> Sequence[object]:
    """List whom it is about. Of several who may have complained, nobody is taken to have done so.

    Source: https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
    """
    complained = fate.complainedRecipients or []
    one = complained if len(complained) == 1 else []
    named = fate.bouncedRecipients or fate.delayedRecipients or one
    return [each.emailAddress for each in named] or fate.recipients or []


def _status(word: str, code: str | None, told: Told) -> ReceiptStatus:
    """Say what a word means, but of a few that mean something else beside another."""
    if (word, code) == MAYBE_AN_ANSWER:
        return "unknown"
    if told.complaint and told.complaint.complaintFeedbackType == "not-spam":
        return "unknown"
    if told.complaint and code:  # nobody complained: it never left
        return "failed"
    return STATUS.get(word, "unknown")


def _code(told: Told) -> str | None:
    word = told.word
    if word in ("Reject", "Rendering Failure"):
        return word.replace(" ", "")
    if told.bounce:
        return fit_code(told.bounce.bounceSubType)
    if told.complaint:
        return fit_code(told.complaint.complaintSubType)
    return fit_code(told.deliveryDelay.delayType) if told.deliveryDelay else None

"""Makes up messages: who writes what to which channel. Pure: the same seed gives the same ones.

Knows no provider's format and no network.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from domain.channel import Channel
from domain.message import (
    Attachment,
    DeliveryReceipt,
    InboundMessage,
    MessageShape,
    Recipient,
    ThreadHeaders,
)  # fmt: skip
from domain.whatsapp import WHATSAPP, is_whatsapp
from simulation.people import Person, people
from simulation.pictures import ELSEWHERE
from simulation.played import PartPlace
from simulation.texts import mail_html, mail_subject, mail_text, text_message

_MEDIA_SHARE = 0.08
_GROUP_SHARE = 0.06
_NATIONAL_SHARE = 0.2
_REACTION_SHARE = 0.1
_CHOICE_SHARE = 0.1
_REACTIONS = ("👍", "🙏", "❤️", "😂")
_CHOICES = ("Yes", "No", "Call me back")
_REPLY_SHARE = 0.6
_COPY_SHARE = 0.15
_HTML_SHARE = 0.4
_ATTACHMENT_SHARE = 0.15
_THREADS_REMEMBERED = 5
_LONGEST_REFERENCES = 10
_FILES = (
    ("image/jpeg", "photo.jpg", 182_044),
    ("image/png", "screenshot.png", 64_210),
    ("application/pdf", "Rechnung März.pdf", 98_304),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelMessage:
    """A message that somebody sends to a channel, a part of one, or a receipt.

    A `receipt` is of a message that went the other way; `message` is then whatever came before it.
    """

    channel: Channel
    message: InboundMessage
    part: PartPlace | None = None
    receipt: DeliveryReceipt | None = None


@dataclass(slots=True, kw_only=True)
class _Thread:
    subject: str
    members: tuple[Person, ...]
    message_ids: deque[str] = field(default_factory=lambda: deque(maxlen=_LONGEST_REFERENCES))


def traffic(
    channels: Sequence[Channel],
    *,
    seed: int,
    prefix: str,
    start: datetime,
    step: timedelta,
    crowd: int = 500,
) -> Iterator[ChannelMessage]:
    """Yield messages without end, in the order they were sent, `step` apart.

    `prefix` makes the provider message ids of a run its own; `crowd` people write them, few of
    them often and many of them seldom.
    """
    rng = Random(seed)  # noqa: S311 - repeatable on purpose, nothing secret
    mailroom = _Mailroom(rng)
    everybody = people(crowd, rng)
    number = 0
    while True:
        number += 1
        channel = rng.choice(channels)
        person = everybody[int(len(everybody) * rng.random() ** 2)]
        identity, sent_at = f"{prefix}-{number:07d}", start + step * number
        if channel.kind == "email":
            message = mailroom.mail(channel, person, everybody, identity, sent_at)
        else:
            message = _text(channel, person, everybody, identity, sent_at, rng)
        yield ChannelMessage(channel=channel, message=message)


def _text(
    channel: Channel,
    person: Person,
    everybody: Sequence[Person],
    identity: str,
    sent_at: datetime,
    rng: Random,
) -> InboundMessage:
    """Write an SMS, or an MMS: with a picture, or to a group; what WhatsApp has to its senders."""
    if is_whatsapp(channel.own_address):
        return _by_whatsapp(channel, person, identity, sent_at, rng)
    attachments: tuple[Attachment, ...] = ()
    recipients = [Recipient(role="to", address=channel.own_address)]
    chance = rng.random()
    if chance < _GROUP_SHARE:
        others = _others(person, everybody, rng)
        recipients += [Recipient(role="to", address=other.phone) for other in others]
    elif chance < _GROUP_SHARE + _MEDIA_SHARE:
        attachments = (_file(identity, rng),)
    is_plain = len(recipients) == 1 and not attachments
    return InboundMessage(
        kind="sms" if is_plain else "mms",
        provider_message_id=identity,
        sender=_written(person.phone, channel.region, rng),
        recipients=tuple(recipients),
        body=text_message(rng),
        attachments=attachments,
        sent_at=sent_at,
    )


def _by_whatsapp(
    channel: Channel, person: Person, identity: str, sent_at: datetime, rng: Random
) -> InboundMessage:
    """Write a text, a picture, an emoji put to something, or a button that was tapped."""
    chance = rng.random()
    shape: MessageShape | None = None
    body = text_message(rng)
    if chance < _REACTION_SHARE:
        shape, body = "reaction", rng.choice(_REACTIONS)
    elif chance < _REACTION_SHARE + _CHOICE_SHARE:
        shape, body = "choice", rng.choice(_CHOICES)
    has_file = shape is None and rng.random() < _MEDIA_SHARE
    return InboundMessage(
        kind="whatsapp",
        provider_message_id=identity,
        sender=f"{WHATSAPP}{person.phone}",
        recipients=(Recipient(role="to", address=channel.own_address),),
        body=body,
        attachments=(_file(identity, rng),) if has_file else (),
        sent_at=sent_at,
        shape=shape,
        sender_name=person.name,
    )


class _Mailroom:
    """Remembers the latest threads of everybody, so that mails can answer earlier ones."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._threads: defaultdict[tuple[str, str], deque[_Thread]] = defaultdict(
            lambda: deque(maxlen=_THREADS_REMEMBERED)
        )

    def mail(
        self,
        channel: Channel,
        person: Person,
        everybody: Sequence[Person],
        identity: str,
        sent_at: datetime,
    ) -> InboundMessage:
        """Write an e-mail that follows one up, or begins a thread."""
        known = self._threads[channel.id, person.email]
        if known and self._rng.random() < _REPLY_SHARE:
            thread = self._rng.choice(known)
            subject = f"Re: {thread.subject}"
        else:
            thread = self._begin(channel, person, everybody)
            subject = thread.subject
        return self._write(channel, person, thread, subject, identity, sent_at)

    def _begin(self, channel: Channel, person: Person, everybody: Sequence[Person]) -> _Thread:
        is_copied = self._rng.random() < _COPY_SHARE
        copied = _others(person, everybody, self._rng) if is_copied else []
        thread = _Thread(subject=mail_subject(self._rng), members=(person, *copied))
        for member in thread.members:
            self._threads[channel.id, member.email].append(thread)
        return thread

    def _write(
        self,
        channel: Channel,
        person: Person,
        thread: _Thread,
        subject: str,
        identity: str,
        sent_at: datetime,
    ) -> InboundMessage:
        rng, earlier = self._rng, tuple(thread.message_ids)
        message_id = f"{identity}@mail.example.com"
        thread.message_ids.append(message_id)
        is_html = rng.random() < _HTML_SHARE
        has_file = rng.random() < _ATTACHMENT_SHARE
        return InboundMessage(
            kind="email",
            provider_message_id=identity,
            sender=f'"{person.name}" <{person.email}>',
            recipients=(
                Recipient(role="to", address=channel.own_address),
                *(
                    Recipient(role="cc", address=member.email)
                    for member in thread.members
                    if member != person
                ),
            ),
            body=mail_html(person.name, rng) if is_html else mail_text(person.name, rng),
            body_format="html" if is_html else "text",
            subject=subject,
            attachments=(_file(identity, rng),) if has_file else (),
            sent_at=sent_at,
            thread=ThreadHeaders(
                message_id=message_id, in_reply_to=earlier[-1:], references=earlier
            ),
        )


def _others(person: Person, everybody: Sequence[Person], rng: Random) -> list[Person]:
    picked = rng.sample(everybody, k=min(len(everybody), rng.randint(1, 3)))
    return [other for other in picked if other != person]


def _file(identity: str, rng: Random) -> Attachment:
    content_type, filename, size_bytes = rng.choice(_FILES)
    return Attachment(
        url=f"{ELSEWHERE}/{identity}",
        content_type=content_type,
        filename=filename,
        size_bytes=size_bytes,
    )


def _written(phone: str, region: str, rng: Random) -> str:
    """Spell a number the way senders of its own country sometimes do."""
    if region == "US" and phone.startswith("+1") and rng.random() < _NATIONAL_SHARE:
        return f"({phone[2:5]}) {phone[5:8]}-{phone[8:]}"
    return phone

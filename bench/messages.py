"""What senders post: bodies for the generic provider, distinct and of realistic size."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Final

import msgspec

TEXT: Final = (
    "Hello, my parcel has still not come and the tracking page shows nothing since Tuesday. "
    "Could somebody look into it and tell me when to expect it? Order"
)
SUBJECT: Final = "Where is my parcel"
_SMS = (
    b'{"from":"+1415%07d","to":"+15005550006","type":"sms","provider_message_id":"%b",'
    b'"body":"' + TEXT.encode() + b' %09d.","attachments":null,"timestamp":"%b"}'
)
_THREADS_ALIVE = 2_000
_LONGEST_CHAIN = 5
_SHARE_OF_ANSWERS = 0.7
_SHARE_OF_THREES = 0.3


def sms(message_id: str, who: int, number: int, sent_at: str) -> bytes:
    """Write one SMS. Shape: about 350 bytes, the same length for every 32-character id."""
    return _SMS % (2_000_000 + who, message_id.encode(), number, sent_at.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """An e-mail: who wrote it, who else is in its thread, and the ids of those that it answers."""

    message_id: str
    writer: int
    others: Sequence[int] = ()
    earlier: Sequence[str] = ()
    number: int
    sent_at: datetime

    @property
    def text(self) -> str:
        return f"{TEXT} {self.number:09d}."


def generic_mail(letter: Letter) -> bytes:
    """Write an e-mail for the generic provider."""
    fields: dict[str, object] = {
        "from": f"Person {letter.writer} <{address_of(letter.writer)}>",
        "to": "desk@example.com",
        "cc": [address_of(other) for other in letter.others],
        "provider_message_id": letter.message_id,
        "message_id": f"<{letter.message_id}@example.org>",
        "subject": SUBJECT,
        "body": letter.text,
        "timestamp": letter.sent_at.isoformat(),
    }
    if letter.earlier:
        fields["in_reply_to"] = f"<{letter.earlier[-1]}@example.org>"
        fields["references"] = " ".join(f"<{earlier}@example.org>" for earlier in letter.earlier)
    return msgspec.json.encode(fields)


def address_of(person: int) -> str:
    """Return the address of somebody who writes."""
    return f"person.{person}@example.org"


@dataclass(slots=True)
class _Thread:
    party: list[int]
    message_ids: list[str] = field(default_factory=list[str])


class Mailbox:
    """Writes e-mails in threads: most answer an earlier one, some have a third participant."""

    def __init__(self, rng: Random, people: int) -> None:
        self._rng = rng
        self._people = people
        self._threads: deque[_Thread] = deque(maxlen=_THREADS_ALIVE)

    def write(self, message_id: str, number: int, sent_at: datetime) -> Letter:
        """Write the next e-mail."""
        thread = self._thread()
        writer = self._rng.choice(thread.party)
        letter = Letter(
            message_id=message_id,
            writer=writer,
            others=[member for member in thread.party if member != writer],
            earlier=tuple(thread.message_ids),
            number=number,
            sent_at=sent_at,
        )
        thread.message_ids.append(message_id)
        del thread.message_ids[:-_LONGEST_CHAIN]
        return letter

    def _thread(self) -> _Thread:
        if self._threads and self._rng.random() < _SHARE_OF_ANSWERS:
            return self._rng.choice(self._threads)
        size = 2 if self._rng.random() < _SHARE_OF_THREES else 1
        thread = _Thread(self._rng.sample(range(self._people), size))
        self._threads.append(thread)
        return thread

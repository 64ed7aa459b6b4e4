"""What senders post: bodies for the generic provider, distinct and of realistic size."""

from collections import deque
from dataclasses import dataclass, field
from random import Random

import msgspec

_TEXT = (
    "Hello, my parcel has still not come and the tracking page shows nothing since Tuesday. "
    "Could somebody look into it and tell me when to expect it? Order"
)
_SMS = (
    b'{"from":"+1415%07d","to":"+15005550006","type":"sms","provider_message_id":"%b",'
    b'"body":"' + _TEXT.encode() + b' %09d.","attachments":null,"timestamp":"%b"}'
)
_THREADS_ALIVE = 2_000
_LONGEST_CHAIN = 5
_SHARE_OF_ANSWERS = 0.7
_SHARE_OF_THREES = 0.3


def sms(message_id: str, who: int, number: int, sent_at: str) -> bytes:
    """Write one SMS. Shape: about 350 bytes, the same length for every 32-character id."""
    return _SMS % (2_000_000 + who, message_id.encode(), number, sent_at.encode())


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

    def write(self, message_id: str, number: int, sent_at: str) -> bytes:
        """Write the next e-mail."""
        thread = self._thread()
        writer = self._rng.choice(thread.party)
        fields: dict[str, object] = {
            "from": f"Person {writer} <person.{writer}@example.org>",
            "to": "desk@example.com",
            "cc": [f"person.{member}@example.org" for member in thread.party if member != writer],
            "provider_message_id": message_id,
            "message_id": f"<{message_id}@example.org>",
            "subject": "Where is my parcel",
            "body": f"{_TEXT} {number:09d}.",
            "timestamp": sent_at,
        }
        if thread.message_ids:
            fields["in_reply_to"] = f"<{thread.message_ids[-1]}@example.org>"
            fields["references"] = " ".join(
                f"<{earlier}@example.org>" for earlier in thread.message_ids
            )
        thread.message_ids.append(message_id)
        del thread.message_ids[:-_LONGEST_CHAIN]
        return msgspec.json.encode(fields)

    def _thread(self) -> _Thread:
        if self._threads and self._rng.random() < _SHARE_OF_ANSWERS:
            return self._rng.choice(self._threads)
        size = 2 if self._rng.random() < _SHARE_OF_THREES else 1
        thread = _Thread(self._rng.sample(range(self._people), size))
        self._threads.append(thread)
        return thread

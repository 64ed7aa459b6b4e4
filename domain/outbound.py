"""A message on its way out: what is to be sent, the request that sends it, what became of it.

Pure: knows no network, no queue and no provider. Reasons are words for agents; they hold no text
and no address.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Literal

from domain.event import fit_id
from domain.message import MessageKind, ReceiptStatus, ThreadHeaders
from domain.text import clean_text

OutboundStatus = Literal["queued", "unknown", "sent", "failed", "delivered", "read", "canceled"]

# Later states of a message never give way to earlier ones; canceled is outside and final.
STATUS_RANK: Mapping[OutboundStatus, int] = {
    "queued": 0, "unknown": 1, "sent": 2, "failed": 3, "delivered": 4, "read": 5,
}  # fmt: skip

# What a receipt makes of its message, the one that says the most last. A mail that was delivered
# can still bounce, and a complaint comes from who has read it: these two are the last word.
RECEIPT_EFFECTS: Mapping[ReceiptStatus, OutboundStatus] = {
    "sent": "sent", "failed": "failed", "delivered": "delivered",
    "opened": "read", "clicked": "read", "read": "read",
    "complained": "failed", "bounced": "failed",
}  # fmt: skip
LAST_WORDS: frozenset[ReceiptStatus] = frozenset({"complained", "bounced"})
COMPLAINT = "the recipient reported it as unwanted"

_PASSING = frozenset({408, 425, 429})
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.:-]{0,63}")
_DIGITS = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundAttachment:
    """A file that leaves with a message; `content_type` is what whoever brought it says it is."""

    filename: str
    content_type: str | None
    content: bytes

    @property
    def media_type(self) -> str:
        """What the recipient is told that it is."""
        return self.content_type or "application/octet-stream"

    @property
    def base64(self) -> str:
        """Its bytes as JSON can hold them."""
        return b64encode(self.content).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMedia:
    """A file of a text, which its provider fetches from a link that is good for a while."""

    url: str
    content_type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundMessage:
    """One message as it leaves. `id` is ours; `status_callback` is where receipts are to go.

    `reply_to` is where answers to a mail are to go, unless that is `own_address`. A mail has
    `attachments`, a text `media`.
    """

    id: str
    kind: MessageKind
    own_address: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    body: str
    subject: str | None
    thread: ThreadHeaders | None
    written_at: datetime
    status_callback: str
    reply_to: str | None = None
    attachments: tuple[OutboundAttachment, ...] = ()
    media: tuple[OutboundMedia, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRequest:
    """The HTTP request that hands a message to its provider. Its headers may hold a secret.

    `token_request` is how the access token is had that it leaves with, where one is needed.
    Source: RFC 6749 section 4.4
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    token_request: "SendRequest | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The provider has it. Without an id of its own it knows the message by ours.

    `message_id` is the Message-ID that a mail left with, where its provider says another than ours.
    """

    provider_message_id: str | None
    status: ReceiptStatus = "sent"
    message_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """The provider does not have it and may take it later; `after_seconds` is its own wish."""

    after_seconds: float | None
    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The provider does not have it and never will; `is_opt_out`: its recipient wants no texts."""

    code: str
    reason: str
    is_opt_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """The message was written to the provider and nothing came back: it may have been sent."""

    code: str
    reason: str


SendOutcome = Sent | Retry | Failed


def sent_as(given: str | int | None) -> Sent:
    """Read the id that a provider gave to what it took, if it gave one."""
    identity = clean_text(str(given)).strip() if given is not None else ""
    return Sent(provider_message_id=fit_id(identity) if identity else None)


def not_accepted(
    status: int, headers: Mapping[str, str], code: str | None, reason: str
) -> Retry | Failed:
    """Read an answer that is no success: one that may pass, or one that will be the same again.

    Source: RFC 9110 section 15; 425 is RFC 8470, 429 is RFC 6585.
    """
    if status in _PASSING or status >= 500:
        return Retry(
            after_seconds=retry_after(headers),
            code=code or f"http_{status}",
            detail=f"the provider answered {status}",
        )
    return Failed(code=code or f"http_{status}", reason=reason)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After, in seconds; a date counts from the answer's own Date.

    Source: RFC 9110 section 10.2.3.
    """
    written = headers.get("retry-after", "").strip()
    if _DIGITS.fullmatch(written):
        return float(written)
    try:
        until, now = (parsedate_to_datetime(date) for date in (written, headers.get("date", "")))
        return max(0.0, (until - now).total_seconds())
    except (ValueError, TypeError):
        return None


def fit_code(value: object) -> str | None:
    """Keep a provider's error code if it is one, and not a sentence."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if _CODE.fullmatch(text) else None


def own_message_id(message_id: str, own_address: str) -> str:
    """Write the Message-ID of a mail of ours, without brackets."""
    return f"{message_id}@{own_address.rpartition('@')[2] or 'localhost'}"

"""A provider that only receives, and whose answer depends on what it posted.

It asks first whether it may: {"type": "confirm", "token": T} is answered with T. After that it
posts {"type": "notice", "id": ..., "from": ..., "text": ...}, answered with nothing.
"""

import sys
from collections.abc import Sequence
from datetime import datetime

import msgspec
import pytest

import providers
from domain.channel import ChannelKind
from domain.delivery import Delivery, Reply
from domain.event import ClaimedEvent, InboundEvent, message_event
from domain.message import InboundMessage, Reading, Recipient
from domain.provider import ReadingContext
from domain.signature import SignedContent
from domain.standard_webhooks import standard_webhook
from domain.tolerant_json import decode_or, decode_tolerantly


class _Posted(msgspec.Struct):
    type: str = ""
    token: str = ""
    id: str = ""
    sender: str = msgspec.field(name="from", default="")
    text: str = ""


_POSTED = msgspec.json.Decoder(_Posted)


class Notices:
    """The provider."""

    NAME = "notices"
    CHANNEL_KINDS: frozenset[ChannelKind] = frozenset({"sms"})
    RECEIPT_WORDS: frozenset[str] = frozenset()

    def new_secret(self) -> str | None:
        return "a secret of the tests"

    def signed(self, delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
        return standard_webhook(delivery.headers, delivery.body, secrets, now)

    def split(self, delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
        posted = decode_tolerantly(delivery.body, _POSTED)
        return () if posted.type == "confirm" else (message_event(posted.id, delivery.body),)

    def answer(self, delivery: Delivery, events: Sequence[InboundEvent]) -> Reply:
        token = decode_or(delivery.body, _POSTED, _Posted()).token
        return Reply(status=200, content_type="text/plain", body=token.encode())

    def read(self, event: ClaimedEvent, context: ReadingContext) -> Reading:
        posted = decode_tolerantly(event.body, _POSTED)
        return InboundMessage(
            kind="sms",
            provider_message_id=posted.id,
            sender=posted.sender,
            recipients=(Recipient(role="to", address=context.own_address),),
            body=posted.text,
        )

    def explain(self, error_code: str | None) -> str:
        return error_code or ""


def register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every module know the provider, for one test."""
    known = providers.REGISTRY
    extended = {**known, Notices.NAME: Notices()}
    for module in list(sys.modules.values()):
        if getattr(module, "REGISTRY", None) is known:
            monkeypatch.setattr(module, "REGISTRY", extended)

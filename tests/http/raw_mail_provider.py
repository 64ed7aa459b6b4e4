"""A provider of the tests that posts raw mails; what is sent it takes as `generic` does."""

import sys
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

import pytest

import providers
from domain.channel import ChannelKind
from domain.delivery import Delivery, Reply
from domain.event import ClaimedEvent, InboundEvent, message_event
from domain.message import Reading
from domain.mime.message import message_of
from domain.mime.part import parse_mail
from domain.provider import ReadingContext
from domain.signature import SignedContent
from domain.standard_webhooks import standard_webhook
from providers import generic


class RawMail:
    """The provider."""

    NAME = "raw_mail"
    CHANNEL_KINDS: frozenset[ChannelKind] = frozenset({"email"})
    RECEIPT_WORDS: frozenset[str] = frozenset()
    LONGEST_TEXT = generic.LONGEST_TEXT
    MOST_FILE_BYTES = generic.MOST_FILE_BYTES
    SECRET_IS_CREDENTIAL = True
    obstacle = staticmethod(generic.obstacle)
    compose_send = staticmethod(generic.compose_send)
    read_answer = staticmethod(generic.read_answer)
    explain = staticmethod(generic.explain)

    def new_secret(self) -> str | None:
        return None

    def signed(self, delivery: Delivery, secrets: Sequence[str], now: datetime) -> SignedContent:
        return standard_webhook(delivery.headers, delivery.body, secrets, now)

    def split(self, delivery: Delivery, kind: ChannelKind) -> Sequence[InboundEvent]:
        return (message_event(sha256(delivery.body).hexdigest(), delivery.body),)

    def answer(self, delivery: Delivery, events: Sequence[InboundEvent]) -> Reply:
        return generic.SUCCESS

    def read(self, event: ClaimedEvent, context: ReadingContext) -> Reading:
        return message_of(parse_mail(event.body), provider_message_id=event.id)


def register(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every module know the provider, for one test."""
    for name in ("REGISTRY", "SENDERS"):
        known = getattr(providers, name)
        extended = {**known, RawMail.NAME: RawMail()}
        for module in list(sys.modules.values()):
            if getattr(module, name, None) is known:
                monkeypatch.setattr(module, name, extended)

"""The words of Telnyx: what became of messages, and why they were not taken or delivered.

Source: https://developers.telnyx.com/docs/messaging/messages/error-codes
Source: https://developers.telnyx.com/development/api-fundamentals/api-errors
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from domain.error_words import ErrorWords
from domain.message import ReceiptStatus

# What nobody confirmed was handed on all the same.
STATUS: Final[Mapping[str, ReceiptStatus]] = MappingProxyType({
    "queued": "queued", "sending": "queued", "sent": "sent", "delivery_unconfirmed": "sent",
    "delivered": "delivered", "sending_failed": "failed", "delivery_failed": "failed",
    "expired": "failed",
})  # fmt: skip
WORDS_OF_RECEIPTS: Final = frozenset(STATUS)

WORDS: Final = ErrorWords(
    provider="Telnyx",
    reasons={
        "10009": "Telnyx does not accept the channel's API key",
        "10010": "Telnyx does not let the channel's account send this",
        "10011": "Telnyx had too many requests",
        "20100": "the Telnyx account has no money left",
        "40001": "the number takes no texts: a landline, or not reachable",
        "40002": "the carrier took it for spam, for the time being",
        "40003": "the carrier has blocked the number that it leaves from, as spam",
        "40004": "the recipient's carrier rejected it",
        "40005": "it could not be delivered in time",
        "40006": "the recipient's carrier could not be reached",
        "40008": "the carrier did not accept it",
        "40009": "the carrier did not accept what it says",
        "40010": "the number that it leaves from is not registered for 10DLC",
        "40011": "the carrier had too many messages",
        "40012": "the recipient's number is not valid",
        "40013": "the number that it leaves from is not valid",
        "40014": "it waited too long at Telnyx",
        "40015": "Telnyx took it for spam",
        "40100": "the number that it leaves from is not enabled for texts",
        "40300": "the recipient has opted out by answering STOP",
        "40302": "the text is longer than a message can be",
        "40305": "Telnyx does not know the number that it leaves from as one of the account",
        "40309": "the messaging profile does not allow the recipient's country",
        "40310": "the recipient's number is not valid",
        "40312": "the messaging profile is switched off",
        "40314": "messaging is switched off on the Telnyx account",
        "40318": "too many messages wait at Telnyx",
        "40322": "Telnyx blocked it for what it says",
        "http_401": "Telnyx does not accept the channel's API key",
        "http_403": "Telnyx does not let the channel's account send this",
    },
    passing=frozenset({"10011", "40011", "40318"}),
    opt_outs=frozenset({"40300"}),
)

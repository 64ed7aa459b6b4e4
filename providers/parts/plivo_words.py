"""What Plivo's words and codes mean.

Source: https://docs.plivo.com/docs/messaging/api/message/message-status-callbacks
Source: https://plivo.com/docs/messaging/troubleshooting/error-codes
Source: https://www.plivo.com/blog/introducing-sms-error-codes
Source: https://docs.plivo.com/docs/messaging/api/response
"""

from collections.abc import Mapping
from types import MappingProxyType

from domain.error_words import ErrorWords
from domain.message import ReceiptStatus

STATUS: Mapping[str, ReceiptStatus] = MappingProxyType({
    "queued": "queued", "sent": "sent", "delivered": "delivered", "read": "read",
    "undelivered": "failed", "failed": "failed", "rejected": "failed",
})  # fmt: skip

DELIVERED_CODE = "000"  # the code of a message that nothing went wrong with

WORDS = ErrorWords(
    provider="Plivo",
    reasons={
        "10": "the carrier says that the message is invalid",
        "20": "the carrier's network failed; it may work later",
        "30": "the carrier took it for spam",
        "40": "the channel's number cannot send texts, or is not of this Plivo account",
        "50": "the recipient's number cannot receive texts",
        "60": "the carrier says that the message goes round in circles",
        "70": "the recipient's number is not in use",
        "80": "the phone cannot be reached: it may be switched off or out of coverage",
        "90": "no carrier has a way to the recipient",
        "100": "the recipient's network does not take it",
        "110": "the text is too long: 1,600 characters, or 737 with letters beyond GSM's",
        "200": "the recipient has opted out by answering STOP",
        "201": "US toll-free numbers cannot send to Canada",
        "900": "the Plivo account has no credit left",
        "1000": "the carrier does not say why",
        "http_401": "Plivo does not accept the channel's account and auth token",
        "http_404": "Plivo does not know the channel's account",
        "http_429": "Plivo had too many requests",
    },
    opt_outs=frozenset({"200"}),
)

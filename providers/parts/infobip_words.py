"""The words of Infobip: what became of a message, and what its statuses and errors mean.

Source: https://www.infobip.com/docs/developer-resources/api-fundamentals/message-status-codes
Source: https://infobip.com/docs/essentials/api-essentials/response-status-and-error-codes
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from domain.error_words import ErrorWords
from domain.message import ReceiptStatus

# Statuses that say another thing than their groups do: the operator is not the phone, and of some
# that expired nobody knows whether they were delivered.
NAMED: Final = frozenset({"delivered_to_operator", "expired_dlr_unknown"})
SEEN: Final = "SEEN"  # of WhatsApp: a report without a status says it
STATUS: Final[Mapping[str, ReceiptStatus]] = MappingProxyType({
    "accepted": "queued", "pending": "queued", "delivered_to_operator": "sent",
    "delivered": "delivered", "undeliverable": "failed", "expired": "failed", "rejected": "failed",
    "seen": "read",
})  # fmt: skip
WORDS_OF_RECEIPTS: Final = frozenset(STATUS) | NAMED

_WRONG_KEY = "Infobip does not accept the channel's API key"
_NOT_ALLOWED = "Infobip does not let the channel's API key send"
_SENDER = "Infobip does not let the account send from the channel's number"
_BLOCKED = "the recipient's number is on a blocklist, at the operator or of the account"
WORDS: Final = ErrorWords(
    provider="Infobip",
    reasons={
        "UNDELIVERABLE_REJECTED_OPERATOR": "the recipient's operator rejected it",
        "UNDELIVERABLE_NOT_DELIVERED": "the number is not valid, or cannot be reached",
        "EXPIRED_EXPIRED": "it expired before it could be delivered",
        "REJECTED_NETWORK": "the account is not set up for the recipient's network",
        "REJECTED_PREFIX_MISSING": "the recipient's number is not a valid one",
        "REJECTED_DESTINATION": "the recipient's number is not a valid one",
        "REJECTED_DND": "the recipient has asked for no such messages (Do Not Disturb)",
        "REJECTED_SOURCE": _SENDER,
        "REJECTED_SENDER": _SENDER,
        "REJECTED_NOT_ENOUGH_CREDITS": "the account has nothing left to send with at Infobip",
        "REJECTED_DESTINATION_BLOCKLISTED": _BLOCKED,
        "REJECTED_PREPAID_PACKAGE_EXPIRED": "what the account has paid for is no longer valid",
        "REJECTED_DESTINATION_NOT_REGISTERED": "the account may send to its test number alone",
        "REJECTED_ROUTE_NOT_AVAILABLE": "the account is not set up to send",
        "REJECTED_FLOODING_FILTER": "the recipient got too many messages within the hour",
        "REJECTED_MESSAGE_TOO_LONG": "it is longer than Infobip takes",
        "BAD_REQUEST": "Infobip did not understand it, or a number is not valid",
        "E400": "Infobip did not understand it, or a number is not valid",
        "UNAUTHORIZED": _WRONG_KEY,
        "E401": _WRONG_KEY,
        "E403": _NOT_ALLOWED,
        "http_401": _WRONG_KEY,
        "http_403": _NOT_ALLOWED,
    },
)

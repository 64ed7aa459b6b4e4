"""The words of MessageBird: what became of messages, and why they were not taken or delivered.

Source: https://developers.messagebird.com/api/sms-messaging/
Source: https://docs.bird.com/api/channels-api/message-status-and-interactions/message-failure-sources/sms-platform-extended-error-codes
Source: src/MessageBird/Common/ResponseError.php of https://github.com/messagebird/php-rest-api
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from domain.error_words import ErrorWords
from domain.message import ReceiptStatus

STATUS: Final[Mapping[str, ReceiptStatus]] = MappingProxyType({
    "scheduled": "queued", "sent": "sent", "buffered": "sent", "delivered": "delivered",
    "expired": "failed", "delivery_failed": "failed",
})  # fmt: skip

# Codes of status reports are bare, those of answers to who sends begin with `api_`: both count
# from 1.
WORDS: Final = ErrorWords(
    provider="MessageBird",
    reasons={
        "1": "the number belongs to nobody",
        "34": "the recipient's network failed",
        "103": "the recipient has opted out by answering STOP",
        "api_2": "MessageBird does not accept the channel's access key",
        "api_9": "MessageBird did not understand it",
        "api_10": "MessageBird did not understand it",
        "api_20": "MessageBird does not know where it is to leave from",
        "api_25": "the MessageBird account has no money left",
        "http_401": "MessageBird does not accept the channel's access key",
    },
    opt_outs=frozenset({"103"}),
)

"""The words of Bird: what became of messages, and why they were not taken or delivered.

Source: https://docs.bird.com/api/channels-api/message-status-and-interactions
Source: https://docs.bird.com/api/channels-api/message-status-and-interactions/message-failure-sources/sms-platform-extended-error-codes
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from domain.error_words import ErrorWords
from domain.message import ReceiptStatus

STATUS: Final[Mapping[str, ReceiptStatus]] = MappingProxyType({
    "accepted": "queued", "sent": "sent", "delivered": "delivered", "sending_failed": "failed",
    "delivery_failed": "failed",
})  # fmt: skip

# Codes are those of the SMS platform (`failure.source.code`).
WORDS: Final = ErrorWords(
    provider="Bird",
    reasons={
        "1": "the number belongs to nobody",
        "34": "the recipient's network failed",
        "http_401": "Bird does not accept the channel's access key",
        "http_403": "the channel's access key may not send this",
        "http_404": "Bird does not know the channel's workspace and channel",
    },
)

"""The words of Bandwidth: what became of a message, and what its error codes mean.

Source: https://dev.bandwidth.com/docs/messaging/webhooks (types of events; `message-sent` and
`message-read` are in bandwidth/models/status_callback_type_enum.py of Bandwidth/python-sdk)
Source: https://dev.bandwidth.com/docs/messaging/errors
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from domain.error_words import ErrorWords
from domain.message import ReceiptStatus

STATUS: Final[Mapping[str, ReceiptStatus]] = MappingProxyType({
    "message-sending": "queued", "message-sent": "sent", "message-delivered": "delivered",
    "message-failed": "failed", "message-read": "read",
})  # fmt: skip

_WRONG_CREDENTIAL = "Bandwidth does not accept the channel's account and credential"
_NO_SUCH_NUMBER = "the recipient's number is not one that can receive messages"
_NOT_OURS = "Bandwidth does not let the channel's number send"
_SPAM = "it was blocked as spam"
_TOO_MUCH = "the recipient's carrier had too many messages from the channel's number or brand"
WORDS: Final = ErrorWords(
    provider="Bandwidth",
    reasons={
        "4301": "it has characters that Bandwidth cannot send",
        "4303": _NO_SUCH_NUMBER,
        "4360": "it expired before it could be sent",
        "4403": _NOT_OURS,
        "4404": _NO_SUCH_NUMBER,
        "4405": _NOT_OURS,
        "4406": _NO_SUCH_NUMBER,
        "4407": _NOT_OURS,
        "4432": "the account is not enabled for the recipient's country",
        "4435": "a group has ten members at most",
        "4452": "Bandwidth does not know the channel's application",
        "4470": _SPAM,
        "4481": "Bandwidth has blocked the channel's number",
        "4482": "the recipient's number is blocked from receiving messages",
        "4492": "messages to emergency numbers are forbidden",
        "4701": "the recipient cannot be reached",
        "4702": "the phone cannot be reached: it is switched off, or cannot take more messages",
        "4720": _NO_SUCH_NUMBER,
        "4721": _NO_SUCH_NUMBER,
        "4750": "the recipient's carrier rejected it and does not say why",
        "4770": _SPAM,
        "4775": "the recipient has opted out of messages from the channel's number",
        "4780": _TOO_MUCH,
        "4781": _TOO_MUCH,
        "4785": _TOO_MUCH,
        "4795": "the channel's toll-free number is not verified",
        "5600": "the recipient's carrier was too busy",
        "9902": "no receipt came within two hours: it may have been delivered",
        "request-validation": "Bandwidth did not understand it, or a number is not valid",
        "unauthorized": _WRONG_CREDENTIAL,
        "forbidden": "Bandwidth does not let the channel's credential send messages",
        "http_401": _WRONG_CREDENTIAL,
        "http_403": "Bandwidth does not let the channel's credential send messages",
        "http_404": "Bandwidth does not know the channel's account",
        "max-message-queue-size-exceeded": "Bandwidth's queue for the account is full",
    },
    opt_outs=frozenset({"4775"}),
    passing=frozenset({"max-message-queue-size-exceeded"}),
)

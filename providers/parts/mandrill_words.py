"""The words of Mandrill: what became of mail, and why it was not taken.

Source: https://mandrill.zendesk.com/hc/en-us/articles/205583307-Message-Event-Webhook-Format
Source: https://mailchimp.com/developer/transactional/api/messages/send-new-message/
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from domain.error_words import ErrorWords
from domain.message import ReceiptStatus

STATUS: Final[Mapping[str, ReceiptStatus]] = MappingProxyType({
    "send": "sent", "delivered": "delivered", "open": "opened", "click": "clicked",
    "spam": "complained", "hard_bounce": "bounced", "soft_bounce": "bounced", "reject": "failed",
})  # fmt: skip
# What is rejected may be so for what it says, or since somebody has unsubscribed.
HARD_BOUNCE: Final = "hard_bounce"
WORDS_OF_RECEIPTS: Final = frozenset(STATUS) | {"deferral", "unsub"}

# Errors come with status 500, whether they pass or not; these do not.
LASTING: Final = frozenset(
    {"Invalid_Key", "ValidationError", "PaymentRequired", "Unknown_Subaccount"}
)
WORDS: Final = ErrorWords(
    provider="Mandrill",
    reasons={
        "hard-bounce": "Mandrill does not send there: an earlier mail was not delivered",
        "soft-bounce": "Mandrill does not send there: earlier mails were not delivered",
        "spam": "Mandrill does not send there: the recipient reported a mail as unwanted",
        "unsub": "Mandrill does not send there: the recipient has unsubscribed",
        "custom": "Mandrill does not send there: the recipient is on the account's denylist",
        "invalid-sender": "Mandrill does not accept the address that it leaves from",
        "invalid": "Mandrill does not accept the recipient's address",
        "unsigned": "the domain that it leaves from is not verified with Mandrill",
        "test-mode-limit": "the Mandrill account is in test mode, and at its limit",
        "rule": "a rule of the Mandrill account rejects it",
        "Invalid_Key": "Mandrill does not accept the channel's API key",
        "ValidationError": "Mandrill did not understand it",
        "PaymentRequired": "the Mandrill account may not send: it has to be paid for",
        "Unknown_Subaccount": "Mandrill does not know the channel's subaccount",
    },
)

"""The words of Brevo: what became of a mail, what its codes mean, how long it wants to be left.

Source: https://developers.brevo.com/docs/transactional-webhooks
Source: https://developers.brevo.com/reference/send-transac-email
Source: https://developers.brevo.com/docs/limit-headers
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from domain.error_words import ErrorWords
from domain.message import ReceiptStatus

# A mail that is only late is neither; one that a proxy loaded was not opened by anybody.
STATUS: Final[Mapping[str, ReceiptStatus]] = MappingProxyType({
    "request": "queued", "sent": "sent", "delivered": "delivered",
    "opened": "opened", "unique_opened": "opened", "click": "clicked",
    "spam": "complained", "complaint": "complained",
    "hard_bounce": "bounced", "soft_bounce": "bounced", "invalid_email": "bounced",
    "blocked": "failed", "error": "failed",
})  # fmt: skip
# `blocked` may come of a mere unsubscription, and of `invalid_email` one page says that it is about
# the sender: https://developers.brevo.com/reference/gettransacemailcontent
HARD_BOUNCE: Final = "hard_bounce"
WORDS_OF_RECEIPTS: Final = frozenset(STATUS) | {
    "deferred", "proxy_open", "unique_proxy_open", "unsubscribe", "unsubscribed",
}  # fmt: skip

_WRONG_KEY = "Brevo does not accept the channel's API key, or not from where it comes"
WORDS: Final = ErrorWords(
    provider="Brevo",
    reasons={
        "hard_bounce": "the recipient's server refused it for good",
        "soft_bounce": "the recipient's server could not take it, and is not asked again",
        "invalid_email": "the address is not a valid one",
        "blocked": "Brevo does not send there, after a bounce, a complaint or an unsubscription",
        "error": "an error happened at Brevo before it was delivered",
        "invalid_parameter": "Brevo says that an address or another field of it is not valid",
        "missing_parameter": "Brevo did not understand it",
        "not_enough_credits": "the account has nothing left to send with at Brevo",
        "permission_denied": "Brevo does not let the channel's API key send",
        "account_under_validation": "the account is not approved at Brevo yet",
        "unauthorized": _WRONG_KEY,
        "http_401": _WRONG_KEY,
        "http_402": "the account has nothing left to send with at Brevo",
        "http_403": "Brevo does not let the channel's API key send",
    },
)


def with_retry_after(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Say in the usual header for how many seconds Brevo wants to be left alone."""
    seconds = headers.get("x-sib-ratelimit-reset", "")
    return {"retry-after": seconds, **headers} if seconds else headers

"""The words of Resend: what became of a mail, and what its codes mean.

Source: https://resend.com/docs/webhooks/event-types
Source: https://resend.com/docs/dashboard/emails/email-bounces
Source: https://resend.com/docs/api-reference/errors
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from domain.error_words import ErrorWords
from domain.message import ReceiptStatus

# By the type without `email.`. A mail that is only late is neither.
STATUS: Mapping[str, ReceiptStatus] = MappingProxyType({
    "scheduled": "queued", "sent": "sent", "delivered": "delivered", "opened": "opened",
    "clicked": "clicked", "bounced": "bounced", "complained": "complained", "failed": "failed",
    "suppressed": "failed",
})  # fmt: skip
WORDS_OF_RECEIPTS: Final = frozenset(STATUS) | {"delivery_delayed"}

_WRONG_KEY = "Resend does not accept the channel's API key"
_QUOTA = "the account may not send more at Resend for now"
WORDS = ErrorWords(
    provider="Resend",
    reasons={
        "General": "the recipient's server refused it and did not say why",
        "NoEmail": "the address does not exist",
        "Suppressed": "the address is suppressed at Resend, after bounces or a complaint",
        "suppressed": "the address is suppressed at Resend, after bounces or a complaint",
        "OnAccountSuppressionList": "the address is suppressed at Resend",
        "MailboxFull": "the recipient's mailbox is full",
        "MessageTooLarge": "the recipient's server says that it is too large",
        "MessageRejected": "the recipient's server refused it",
        "ContentRejected": "the recipient's server refused what it says",
        "AttachmentRejected": "the recipient's server refused a file of it",
        "reached_daily_quota": _QUOTA,
        "reached_monthly_quota": _QUOTA,
        "daily_quota_exceeded": _QUOTA,
        "monthly_quota_exceeded": _QUOTA,
        "domain_not_verified": "the domain that it leaves from is not verified at Resend",
        "concurrent_idempotent_requests": "Resend is taking it already",
        "invalid_idempotent_request": "Resend has had another mail under the same key",
        "missing_api_key": _WRONG_KEY,
        "invalid_api_key": _WRONG_KEY,
        "restricted_api_key": _WRONG_KEY,
        "http_401": _WRONG_KEY,
        "http_403": "Resend does not let the channel's API key send from its address",
        "invalid_from_address": "the address that it leaves from is not valid at Resend",
        "validation_error": "Resend says that an address or another field of it is not valid",
    },
    passing=frozenset({"concurrent_idempotent_requests"}),
)

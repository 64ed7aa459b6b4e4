"""What Sinch's words and codes mean.

Source: https://developers.sinch.com/docs/sms/api-reference/sms/tag/Delivery-reports/
Source: https://developers.sinch.com/docs/sms/api-reference/sms/delivery-reports/delivery-report-error-codes
Source: https://developers.sinch.com/docs/sms/api-reference/status-codes/
Source: sinch/domains/conversation/models/v1 of https://github.com/sinch/sinch-sdk-python
"""

from collections.abc import Mapping
from types import MappingProxyType

from domain.error_words import ErrorWords
from domain.message import ReceiptStatus

# Unknown: the carrier has it, and says nothing that Sinch understands.
STATUS: Mapping[str, ReceiptStatus] = MappingProxyType({
    "queued": "queued", "dispatched": "sent", "delivered": "delivered", "unknown": "unknown",
    "aborted": "failed", "cancelled": "failed", "rejected": "failed", "deleted": "failed",
    "failed": "failed", "expired": "failed",
})  # fmt: skip

# Of the Conversation API; it names the channel where that had it.
CONVERSATION_STATUS: Mapping[str, ReceiptStatus] = MappingProxyType({
    "queued_on_channel": "sent", "delivered": "delivered", "read": "read", "failed": "failed",
    "switching_channel": "unknown",
})  # fmt: skip
WORDS_OF_RECEIPTS = frozenset(STATUS) | frozenset(CONVERSATION_STATUS)

WORDS = ErrorWords(
    provider="Sinch",
    reasons={
        "402": "no carrier has a way to the recipient",
        "403": "something went wrong at Sinch",
        "404": "it could not be delivered for the moment; it may work later",
        "405": "the text has ${...} in it, which Sinch takes for a parameter",
        "406": "it expired before Sinch could send it",
        "407": "it was cancelled at Sinch",
        "408": "the carrier refuses it",
        "410": "Sinch has no number to send from to this recipient",
        "411": "the text has too many parts",
        "syntax_invalid_parameter_format": "Sinch does not take the recipient's number, or ours",
        "syntax_constraint_violation": "Sinch does not take such a text",
        "missing_callback_url": "the service plan has no callback URL: set it to the webhook URL",
        "blocked_account": "Sinch has blocked the account",
        "http_401": "Sinch does not accept the channel's service plan and API token",
        "http_403": "Sinch does not let the channel's service plan send this",
        "http_404": "Sinch does not know the channel's service plan in this region",
        "http_429": "Sinch had too many requests",
        "RECIPIENT_NOT_REACHABLE": "the recipient could not be reached",
        "RECIPIENT_NOT_OPTED_IN": "the recipient has not opted in",
        "RECIPIENT_INVALID_CHANNEL_IDENTITY": "the recipient's number or id is not one",
        "OUTSIDE_ALLOWED_SENDING_WINDOW": "the recipient has written nothing for 24 hours",
        "CHANNEL_FAILURE": "the channel failed",
        "CHANNEL_REJECT": "the channel refused it",
        "CHANNEL_BAD_CONFIGURATION": "the channel is not set up right at Sinch",
        "CHANNEL_CONFIGURATION_MISSING": "the channel is not set up at Sinch",
        "DELIVERY_TIMED_OUT": "it was not delivered in time",
        "DELIVERY_REJECTED_DUE_TO_POLICY": "the channel's rules do not allow it",
        "RATE_LIMITED": "the channel had too many messages",
        "PERMISSION_DENIED": "Sinch does not let the channel's key send this",
        "UNAUTHENTICATED": "Sinch does not accept the channel's key",
        "NOT_FOUND": "Sinch does not know the project or the app in this region",
        "INVALID_ARGUMENT": "Sinch does not take such a message",
    },
)

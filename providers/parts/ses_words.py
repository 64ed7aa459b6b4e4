"""The words of SES: what became of a mail, and what its codes mean.

Source: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
Source: https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from domain.error_words import ErrorWords
from domain.message import ReceiptStatus

# By the event's type; of a bounce, with its own. A mail that is only late is neither.
STATUS: Mapping[str, ReceiptStatus] = MappingProxyType({
    "send": "sent", "delivery": "delivered", "open": "opened", "click": "clicked",
    "complaint": "complained", "reject": "failed", "rendering failure": "failed",
    "bounce permanent": "bounced", "bounce transient": "failed", "bounce undetermined": "failed",
})  # fmt: skip
WORDS_OF_RECEIPTS: Final = frozenset(STATUS) | {
    "deliverydelay", "subscription", "subscriptionconfirmation",
}  # fmt: skip

# A bounce that may as well be an automatic answer ("out of the office"), as SES says of it.
MAYBE_AN_ANSWER: Final = ("bounce transient", "General")

# A bounce of which SES says that it is permanent, though only the sender is not wanted.
UNSUBSCRIBED: Final = "UnsubscribedRecipient"

_SUPPRESSED = "the address is suppressed at SES, after bounces or a complaint"
_WRONG_KEY = "SES does not accept the channel's access key"
_NOT_ALLOWED = "the channel's access key may not send from its address (ses:SendEmail)"
WORDS = ErrorWords(
    provider="SES",
    reasons={
        "General": "the recipient's server refused it and did not say why",
        "NoEmail": "the recipient's server refused it: there is no such address, or it named none",
        "Suppressed": _SUPPRESSED,
        "OnAccountSuppressionList": _SUPPRESSED,
        "UnsubscribedRecipient": "the recipient has unsubscribed",
        "MailboxFull": "the recipient's mailbox is full",
        "MessageTooLarge": "the recipient's server says that it is too large",
        "CustomTimeoutExceeded": "the recipient's server could not be reached in time",
        "ContentRejected": "the recipient's server refused what it says",
        "AttachmentRejected": "the recipient's server refused a file of it",
        "Undetermined": "the recipient's server refused it and did not say why",
        "Reject": "SES found a virus in it",
        "RenderingFailure": "SES could not make the mail of its template",
        "AccountSuspendedException": "the account may never send at SES again",
        "SendingPausedException": "sending is paused for the account at SES",
        "MailFromDomainNotVerifiedException": "the domain of its sender is not verified at SES",
        "MessageRejected": "SES refused it: its sender is not verified, or what it says",
        "NotFoundException": "the account's configuration set is not known to SES",
        "BadRequestException": "SES says that an address or another field of it is not valid",
        "LimitExceededException": "the account may not send more at SES for now",
        "TooManyRequestsException": "SES had too many mails of the account",
        "ThrottlingException": "SES had too many mails of the account",
        "AccessDeniedException": _NOT_ALLOWED,
        "UnrecognizedClientException": _WRONG_KEY,
        "InvalidClientTokenId": _WRONG_KEY,
        "InvalidSignatureException": _WRONG_KEY,
        "SignatureDoesNotMatch": _WRONG_KEY,
        "http_403": _WRONG_KEY,
    },
    passing=frozenset(
        {"LimitExceededException", "TooManyRequestsException", "ThrottlingException"}
    ),
)

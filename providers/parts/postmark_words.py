"""The words of Postmark: what became of a mail, and what its codes mean.

Source: https://postmarkapp.com/developer/api/bounce-api#bounce-types
Source: https://postmarkapp.com/developer/api/overview#error-codes
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from domain.error_words import ErrorWords
from domain.message import ReceiptStatus

# By RecordType, of a bounce by its Type. A mail that is only late is neither.
STATUS: Mapping[str, ReceiptStatus] = MappingProxyType({
    "delivery": "delivered", "open": "opened", "click": "clicked",
    "spamcomplaint": "complained", "hardbounce": "bounced", "softbounce": "bounced",
    "bademailaddress": "bounced", "blocked": "bounced", "dmarcpolicy": "bounced",
    "manuallydeactivated": "bounced", "spamnotification": "bounced", "virusnotification": "bounced",
    "smtpapierror": "failed",
})  # fmt: skip
WORDS_OF_RECEIPTS: Final = frozenset(STATUS) | {
    "addresschange", "autoresponder", "challengeverification", "dnserror", "inbounderror",
    "openrelaytest", "subscribe", "subscriptionchange", "transient", "unconfirmed", "unknown",
    "unsubscribe",
}  # fmt: skip
WORDS = ErrorWords(
    provider="Postmark",
    reasons={
        "HardBounce": "the recipient's server says that there is no such mailbox",
        "SoftBounce": "the recipient's server could not take it for now, and was not asked again",
        "BadEmailAddress": "the address is not a valid one",
        "Blocked": "the recipient's server blocked it",
        "DMARCPolicy": "the DMARC policy of the sender's domain does not allow it",
        "ManuallyDeactivated": "the address was deactivated at Postmark",
        "SpamNotification": "the recipient's server took it for spam",
        "VirusNotification": "the recipient's server found a virus in it",
        "10": "Postmark does not accept the channel's server token",
        "300": "Postmark says that an address or another field of it is not valid",
        "400": "the address that it leaves from is not known to Postmark",
        "401": "the address that it leaves from is not confirmed at Postmark",
        "405": "the account may not send more at Postmark",
        "406": "the address is inactive at Postmark, after a bounce or a complaint",
        "412": "the account is not approved at Postmark yet",
        "http_401": "Postmark does not accept the channel's server token",
    },
    passing=frozenset({"100"}),
)

"""The words of SendGrid: what became of a mail, and what its codes mean.

Source: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
Source: https://www.twilio.com/docs/sendgrid/api-reference/mail-send/errors
Source: https://support.sendgrid.com/hc/en-us/articles/18322114821403 (401 and other refusals)
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from domain.error_words import ErrorWords
from domain.message import ReceiptStatus
from domain.outbound import fit_code
from domain.tolerant_json import decode_or

STATUS: Mapping[str, ReceiptStatus] = MappingProxyType({
    "processed": "sent", "delivered": "delivered", "open": "opened", "click": "clicked",
    "spamreport": "complained", "bounce": "bounced", "dropped": "failed",
})  # fmt: skip
WORDS_OF_RECEIPTS: Final = frozenset(STATUS) | {
    "deferred", "unsubscribe", "group_unsubscribe", "group_resubscribe", "account_status_change",
}  # fmt: skip

# Why it is dropped what goes to an address that takes no mail.
OF_THE_ADDRESS: Final = frozenset({"bounced_address", "invalid"})

_WRONG_KEY = "SendGrid does not accept the channel's API key"
_SENDER = "SendGrid does not accept the address that it leaves from: it has to be verified there"
_RECIPIENT = "SendGrid does not accept the recipient's address"
_BUSY = "the recipient's server says that too much comes from SendGrid"
_TECHNICAL = "the recipient's server cannot be reached, or is not set up well"
WORDS: Final = ErrorWords(
    provider="SendGrid",
    reasons={
        # Why a mail was dropped.
        "bounced_address": "SendGrid does not send there: an earlier mail bounced",
        "unsubscribed_address": "SendGrid does not send there: the recipient has unsubscribed",
        "spam_reporting_address": "SendGrid does not send there: the recipient reported a mail"
        " as unwanted",
        "invalid": _RECIPIENT,
        "invalid_smtpapi_header": "SendGrid did not understand it",
        "spam_content": "SendGrid takes what it says for spam",
        "recipient_list_over_package_quota": "the SendGrid account may not send to so many",
        # Why one bounced.
        "invalid_address": "the address does not exist",
        "mailbox_unavailable": "the recipient's mailbox is full, or not in use",
        "content": "the recipient's server refused what it says",
        "reputation": "the recipient's server does not trust where it comes from",
        "frequency_volume": _BUSY,
        "frequency_or_volume_too_high": _BUSY,
        "technical": _TECHNICAL,
        "technical_failure": _TECHNICAL,
        "blocked": "the recipient's server did not take it for now, and SendGrid has given it up",
        # Why one was not taken: the field that was wrong, or the status.
        "from": _SENDER,
        "from.email": _SENDER,
        "personalizations.to": _RECIPIENT,
        "personalizations.to.email": _RECIPIENT,
        "personalizations.cc": _RECIPIENT,
        "personalizations.cc.email": _RECIPIENT,
        "credits_exceeded": "the SendGrid account may not send more for now",
        "http_401": _WRONG_KEY,
        "http_403": "SendGrid does not let the channel's API key send from its address",
        "http_413": "it is larger than SendGrid takes",
    },
)

_OTHER = re.compile(r"[^a-z]+")
_POSITION = re.compile(r"\.[0-9]+")


class _Error(msgspec.Struct, gc=False):
    message: object = None
    field: object = None


class _Errors(msgspec.Struct, gc=False):
    errors: list[_Error] = []


_ERRORS = msgspec.json.Decoder(_Errors)


def code_of(told: str) -> str | None:
    """Make a code of words that its pages list, as `Bounced Address`; of others they are a text."""
    code = _OTHER.sub("_", told[:64].lower()).strip("_")
    return code if code in WORDS.reasons else None


def refusal_code(body: bytes) -> str | None:
    """Name what was wrong: the field, without its position in a list, or that credits are used up.

    What an error says beside it may hold an address.
    """
    found = decode_or(body, _ERRORS, _Errors()).errors
    first = found[0] if found else _Error()
    if first.message == "Maximum credits exceeded":  # comes with 401, as a wrong key does
        return "credits_exceeded"
    return fit_code(_POSITION.sub("", first.field)) if isinstance(first.field, str) else None

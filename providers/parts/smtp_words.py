"""What the status codes of mail servers mean, in words for agents.

Source: RFC 3463 and the registry that it began,
https://www.iana.org/assignments/smtp-enhanced-status-codes/
"""

from collections.abc import Mapping
from types import MappingProxyType

# Without their first digit, which says whether it passes.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "1.1": "the address does not exist",
        "1.2": "the domain of the address does not exist",
        "1.3": "the address is not written as one",
        "1.6": "the recipient has moved and left no new address",
        "1.8": "the mail server does not know the address that it is from",
        "1.10": "the domain of the address takes no mail",
        "2.1": "the mailbox is switched off",
        "2.2": "the mailbox is full",
        "2.3": "the message is too long for the mailbox",
        "3.4": "the message is too long for the mail server",
        "4.1": "the recipient's mail server did not answer",
        "4.4": "no mail server was found for the address",
        "4.6": "the mail went in a circle",
        "4.7": "it could not be delivered for too long",
        "7.0": "the mail server refused it for a reason of its own",
        "7.1": "the mail server does not let this sender write there",
        "7.8": "the mail server does not accept the channel's user and password",
        "7.20": "the mail has no valid DKIM signature",
        "7.23": "SPF says that the mail server may not send for its domain",
        "7.25": "the address that the mail server sends from has no name",
        "7.26": "the mail has neither a valid DKIM signature nor SPF",
    }
)

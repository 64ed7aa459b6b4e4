"""The words of Vonage: what became of messages, and why they were not taken or delivered.

Source: https://developer.vonage.com/en/messaging/sms/guides/delivery-receipts
Source: https://developer.vonage.com/en/messaging/sms/guides/troubleshooting-sms
Source: https://developer.vonage.com/en/api-errors/messages-olympus
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from domain.error_words import ErrorWords
from domain.message import ReceiptStatus

# The SMS API's, and what only the Messages API says.
STATUS: Final[Mapping[str, ReceiptStatus]] = MappingProxyType({
    "accepted": "sent", "buffered": "queued", "delivered": "delivered", "expired": "failed",
    "failed": "failed", "rejected": "failed",
    "submitted": "sent", "read": "read", "undeliverable": "failed",
})  # fmt: skip
WORDS_OF_RECEIPTS: Final = frozenset(STATUS) | {"unknown"}

PARTLY: Final = "taken_in_part"

# Codes of delivery receipts are bare, those of answers to who sends begin with `status_`: both
# count from 1. Codes of four digits are of the Messages API.
WORDS: Final = ErrorWords(
    provider="Vonage",
    reasons={
        "1": "it was not delivered, and nobody says why",
        "2": "the phone could not be reached",
        "3": "the number is no longer in use",
        "4": "the recipient has barred it",
        "5": "the recipient's network could not be told",
        "6": "a carrier took it for spam",
        "7": "the phone was busy",
        "8": "the network failed",
        "9": "the recipient has asked for no such messages",
        "10": "the carrier did not accept how it is written",
        "11": "Vonage has no route to the number",
        "12": "there is no route to the number",
        "13": "the recipient is too young for it",
        "14": "the recipient's carrier blocks texts to the number",
        "15": "the recipient has no money left with the carrier",
        "50": "the country's rules ask for an entity that was not named",
        "51": "the country's rules do not allow the number that it leaves from",
        "52": "the country's rules ask for a content that was not registered",
        "53": "the recipient has not consented, by the country's rules",
        "54": "the country's rules do not allow it",
        "99": "the route failed",
        "1000": "Vonage had too many messages",
        "1010": "Vonage did not understand it",
        "1020": "Vonage did not understand it",
        "1030": "Vonage failed",
        "1040": "Vonage could not process it, such as for the number's prefix",
        "1050": "the number is barred at Vonage",
        "1060": "the Vonage account is barred",
        "1070": "the Vonage account has no money left",
        "1120": "Vonage does not accept the number that it leaves from",
        "status_1": "Vonage had too many messages",
        "status_2": "Vonage did not understand it",
        "status_3": "Vonage did not understand it",
        "status_4": "Vonage does not accept the channel's account and secret",
        "status_5": "Vonage failed",
        "status_6": "Vonage could not process it, such as for the number's prefix",
        "status_7": "the number is barred at Vonage",
        "status_8": "the Vonage account is barred",
        "status_9": "the Vonage account has no money left",
        "status_10": "the Vonage account has too many connections",
        "status_11": "the Vonage account may not use the SMS API",
        "status_12": "the text is longer than a message can be",
        "status_15": "Vonage does not accept the number that it leaves from",
        "status_23": "Vonage does not accept the webhook URL",
        "status_29": "the Vonage account is in demo mode, and the number not on its list",
        "status_33": "the number is no longer in use",
        PARTLY: "Vonage took only some of its parts",
        "http_401": "Vonage does not accept the channel's account and secret",
    },
    opt_outs=frozenset({"9"}),
    passing=frozenset({"status_1", "status_5", "status_10"}),
)

"""Canonical addresses: what makes two spellings one reachable point, and the 64-bit key of each.

An address that cannot be validated is kept, marked so, never dropped: the message it came with
matters more. Knows no provider.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Literal, NamedTuple
from unicodedata import normalize

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from domain.channel import ChannelKind
from domain.text import clean_text

AddressKind = Literal["phone", "email", "handle"]

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_PHONE_SHAPED = re.compile(r"[+0-9(][0-9 ()./\-]{5,}")
_LONGEST_VALUE = 320  # 64 of the local part, the at sign, 255 of the domain
_LONGEST_TEXT = 512  # what the cache keeps of a stranger's input; normalising is not linear
_FEWEST_DIGITS = 10
_REMEMBERED = 65_536


class Address(NamedTuple):
    """One canonical reachable point. Ordered by kind, then value; a key of what workers look up."""

    kind: AddressKind
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Canonical:
    address: Address
    is_validated: bool


def can_receive_texts(address: Address) -> bool:
    """Say whether a text can be sent there: not to an alphanumeric sender."""
    value = address.value
    return address.kind == "phone" or value.isdigit() or ":" in value


def canonicalise(raw: str, kind: ChannelKind, region: str) -> Canonical:
    """Find the one form of an address as a channel of this kind writes it.

    Phones become E.164; what is no phone number on an SMS channel (a short code, an alphanumeric
    sender, `whatsapp:...`) is a handle. E-mail keeps dots and plus tags: folding them merges
    different people on most hosts. What no address can be as long as is a handle too.
    """
    text = clean_text(raw).strip()
    if len(text) > _LONGEST_TEXT:
        return Canonical(address=_address("handle", text), is_validated=False)
    return _remembered(text, kind, region)


@lru_cache(maxsize=_REMEMBERED)
def _remembered(text: str, kind: ChannelKind, region: str) -> Canonical:
    composed = normalize("NFC", text)
    if kind == "email":
        return _canonical_email(composed)
    phone = _e164(composed, region)
    address = Address("phone", phone) if phone else _address("handle", composed)
    return Canonical(address=address, is_validated=phone is not None)


def _e164(text: str, region: str) -> str | None:
    """Read a phone number, or None.

    With a plus the country is known and a possible number is enough. Without one, a valid number
    of the region comes first, then the same digits as an international number, which is how
    several providers write them, then a possible number of the region. Fewer than ten digits may
    be a short code.
    """
    if not _PHONE_SHAPED.fullmatch(text):
        return None
    if text.startswith("+"):
        return _formatted(text, None, must_be_valid=False)
    national = _formatted(text, region, must_be_valid=True)
    international = national or _formatted("+" + text, None, must_be_valid=True)
    if international or sum(char.isdigit() for char in text) < _FEWEST_DIGITS:
        return international
    return _formatted(text, region, must_be_valid=False)


def _formatted(text: str, region: str | None, *, must_be_valid: bool) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if must_be_valid:
        accepted = phonenumbers.is_valid_number(number)
    else:
        reason = phonenumbers.is_possible_number_with_reason(number)
        accepted = reason == phonenumbers.ValidationResult.IS_POSSIBLE
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return e164 if accepted and _E164.fullmatch(e164) else None


def _canonical_email(text: str) -> Canonical:
    if "@" not in text:
        return Canonical(address=_address("handle", text), is_validated=False)
    try:
        valid = validate_email(text, check_deliverability=False, allow_smtputf8=True)
        local, domain, is_valid = valid.local_part, valid.ascii_domain, True
    except EmailNotValidError:
        local, _, domain = text.rpartition("@")
        is_valid = False
    address = _address("email", f"{_fold(local)}@{domain.lower()}")
    return Canonical(address=address, is_validated=is_valid and address.kind == "email")


def _fold(local: str) -> str:
    """Fold case so that folding again changes nothing, which needs the decomposed form."""
    return normalize("NFC", normalize("NFD", local).casefold())


def _address(kind: AddressKind, value: str) -> Address:
    """Make an address that a row can hold; a longer one is known by its digest alone."""
    if not value:
        return Address("handle", "unknown")
    if len(value) > _LONGEST_VALUE:
        return Address("handle", "sha256:" + sha256(value.encode()).hexdigest())
    return Address(kind, value)

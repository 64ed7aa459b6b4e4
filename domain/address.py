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

from domain.channel import ChannelKind
from domain.mail_address import canonical_mail_address, is_mail_address
from domain.phone import plain_digits, read_phone
from domain.text import clean_text, without_invisible

AddressKind = Literal["phone", "email", "handle"]

_LONGEST_VALUE = 320  # 64 of the local part, the at sign, 255 of the domain
_LONGEST_TEXT = 512  # what the cache keeps of a stranger's input; normalising is not linear
_REMEMBERED = 65_536
_WITH_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9]*:)(\+.*)")
_DIGITS = re.compile(r"[0-9]+")
_REACHABLE = re.compile(r"\+?[0-9]+|(?!sha256:)[A-Za-z][A-Za-z0-9]*:[^\s,;]+")


class Address(NamedTuple):
    """One canonical reachable point. Ordered by kind, then value; a key of what workers look up."""

    kind: AddressKind
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Canonical:
    """An address, and the form in which it was met where it may have two."""

    address: Address
    is_validated: bool
    written: str | None = None


def can_receive(value: str, kind: ChannelKind) -> bool:
    """Say whether a channel of this kind can send there: it is exactly one address, and no name."""
    if kind == "email":
        return is_mail_address(value)
    return _REACHABLE.fullmatch(value) is not None


def canonicalise(raw: str, kind: ChannelKind, region: str) -> Canonical:
    """Find the one form of an address as a channel of this kind writes it.

    Phones become E.164; what is no phone number on an SMS channel (a short code, an alphanumeric
    sender, `whatsapp:...`) is a handle. E-mail keeps dots and plus tags: folding them merges
    different people on most hosts. What is not exactly one address is a handle too. What cannot be
    seen is no part of any.
    """
    text = without_invisible(clean_text(raw)).strip()
    if len(text) > _LONGEST_TEXT:
        return Canonical(address=_address("handle", text), is_validated=False)
    return _remembered(text, kind, region)


@lru_cache(maxsize=_REMEMBERED)
def _remembered(text: str, kind: ChannelKind, region: str) -> Canonical:
    composed = normalize("NFC", text)
    if kind == "email":
        return _canonical_email(composed)
    plain = plain_digits(text)
    phone = read_phone(plain, region)
    if phone:
        return Canonical(
            address=Address("phone", phone.value), is_validated=True, written=phone.written
        )
    return _handle(plain if _DIGITS.fullmatch(plain) else composed, plain)


def _handle(text: str, plain: str) -> Canonical:
    """Keep what is no number; the number in `whatsapp:+...` has one form like any other."""
    found = _WITH_SCHEME.fullmatch(plain)
    phone = read_phone(found[2], "") if found else None
    if found and phone:
        written = f"{found[1].lower()}{phone.written}" if phone.written else None
        address = _address("handle", found[1].lower() + phone.value)
        return Canonical(address=address, is_validated=False, written=written)
    return Canonical(address=_address("handle", text), is_validated=False)


def _canonical_email(text: str) -> Canonical:
    found = canonical_mail_address(text)
    if found is None:
        return Canonical(address=_address("handle", text), is_validated=False)
    address = _address("email", found[0])
    return Canonical(address=address, is_validated=found[1] and address.kind == "email")


def _address(kind: AddressKind, value: str) -> Address:
    """Make an address that a row can hold; a longer one is known by its digest alone."""
    if not value:
        return Address("handle", "unknown")
    if len(value) > _LONGEST_VALUE:
        return Address("handle", "sha256:" + sha256(value.encode()).hexdigest())
    return Address(kind, value)

"""Reads phone numbers as people, programs and providers write them. Pure.

A number is read by the rules of the region it was written in. Knows no message and no provider.
"""

import re
from dataclasses import dataclass
from unicodedata import category, decimal, normalize

import phonenumbers

from domain.phone_form import form_of_today, may_have_two_forms

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_E164_DIGITS = re.compile(r"[1-9][0-9]{6,14}")
_PHONE_SHAPED = re.compile(r"[( ]*\+?[0-9 ()./\-]{6,}")
_LINK = re.compile(r"(?:tel|sms|smsto):", re.IGNORECASE)
_PARAMETERS = re.compile(r";[a-z-]+=[^;,\s]*", re.IGNORECASE)
_SEPARATOR = re.compile(r"[,;|\r\n\u060c\u061b\u3001\uff0c\uff1b]|[/&](?=\s*\+)|(?<=\d)(?=\+)")
_SEVERAL = re.compile(rf"\s|{_SEPARATOR.pattern}")
_AROUND = " '\"<>[]"  # what programs put around a number
_WITH_NUMBER = re.compile(r"(?:[A-Za-z][A-Za-z0-9]*:)?[( ]*\+?[0-9 ()./\-]{3,}")
_LONGEST_LIST = 128 * 1024
_FEWEST_DIGITS = 10
_DASHES = "\u2212\u30fc"  # a minus; the mark that draws a vowel out, typed for a dash in Japan
_INTERNATIONAL = "00"  # what most countries dial before a country code


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A number in the form that counts, and in the one it was met in where it may have two."""

    value: str
    written: str | None = None


def plain_digits(text: str) -> str:
    """Write digits, spaces and dashes of any script and width in ASCII."""
    return "".join(map(_plain, normalize("NFKC", text))).strip()


def read_phone(text: str, region: str) -> Phone | None:
    """Read a phone number; None of what is none.

    With a plus the country is known and a possible number is enough. Without one, a valid number
    of the region comes first, then the same digits as an international number, which is how
    several providers write them, then a possible number of the region; but what begins with the
    region's country code, and not as one dials there, is first an international number. Fewer than
    ten digits may be a short code.
    """
    bare = _PARAMETERS.sub("", _LINK.sub("", text.strip(_AROUND), count=1)).strip()
    if not _PHONE_SHAPED.fullmatch(bare):
        return None
    met = _international(bare) if "+" in bare else _without_plus(bare, region)
    if met is None:
        return None
    value = _today(met) or met
    return Phone(value=value, written=met if may_have_two_forms(value) else None)


def with_plus(number: str) -> str:
    """Write a number whose provider leaves the plus out of international ones, and sends no other.

    Without it, it could be one of the channel's region. Short codes and names stay as they are.
    """
    return f"+{number}" if _E164_DIGITS.fullmatch(number) else number


def split_phones(field: str) -> list[str]:
    """Split a field of numbers at commas, semicolons and lines, each number as it was written.

    White space splits where it stands between whole numbers, and not inside one. A name with a
    comma is no list: something in it has to be a number.
    """
    text = field[:_LONGEST_LIST].strip()
    if not _SEVERAL.search(text):
        return [text] if text else []
    parts = [part.strip(_AROUND) for part in _SEPARATOR.split(_PARAMETERS.sub("", text))]
    numbers = [number for part in parts if part for number in _whole_numbers(part)]
    is_list = any(_WITH_NUMBER.fullmatch(plain_digits(number)) for number in numbers)
    return numbers if is_list else [text]


def _whole_numbers(part: str) -> list[str]:
    """Split at white space before a plus or a scheme, or where all words have enough digits."""
    words = part.split()
    if len(words) > 1 and all(len(_digits(word)) >= _FEWEST_DIGITS for word in words):
        return words
    numbers: list[str] = []
    for word in words:
        begins = plain_digits(word).lstrip("(").startswith("+") or ":+" in word
        if begins or not numbers:
            numbers.append(word)
        else:
            numbers[-1] += f" {word}"
    return numbers


def _without_plus(bare: str, region: str) -> str | None:
    digits = _digits(bare)
    national = _formatted(bare, region, must_be_valid=True)
    if national:
        return _international_of(digits, region) or national
    if digits.startswith(_INTERNATIONAL):
        return _international("+" + digits.lstrip("0"))
    international = _formatted("+" + digits, None, must_be_valid=True)
    if international is None and _today("+" + digits):
        international = "+" + digits
    if international or len(digits) < _FEWEST_DIGITS:
        return international
    return _formatted(bare, region, must_be_valid=False)


def _international_of(digits: str, region: str) -> str | None:
    """Read digits that begin with the region's country code, where one dials a prefix there."""
    prefix = phonenumbers.ndd_prefix_for_region(region, True)
    code = str(phonenumbers.country_code_for_region(region))
    if not prefix or digits.startswith(prefix) or not digits.startswith(code):
        return None
    return _formatted("+" + digits, None, must_be_valid=True)


def _international(bare: str) -> str | None:
    found = _formatted(bare, None, must_be_valid=False)
    written = "+" + _digits(bare)
    return found or (written if _today(written) else None)


def _today(e164: str) -> str | None:
    """Write a number in today's form, where that makes it a valid one."""
    today = form_of_today(e164)
    return _formatted(today, None, must_be_valid=True) if today else None


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isdigit())


def _plain(char: str) -> str:
    if char.isascii():
        return char
    kind = category(char)
    if kind == "Nd":
        return str(decimal(char))
    if kind == "Pd" or char in _DASHES:
        return "-"
    return " " if kind == "Zs" else char


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

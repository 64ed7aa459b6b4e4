"""Which phone numbers are two forms of one: countries that added or dropped digits. Pure.

A number counts in the form of today's numbering plan. Libphonenumber knows today's plans and what
national prefixes stand for; that networks still deliver the forms of before is known here.
"""

import re

# Mexico: the 1 after 52 went on 3 August 2019 (IFT, Plan Técnico Fundamental de Numeración).
# Brazil: mobile numbers got a 9 from 2012 to 2016 (Anatel, Resolução 553/2010).
# Argentina: a 9 after 54 is a mobile reached from abroad; texts come with and without it.
#   https://github.com/google/libphonenumber/blob/master/FAQ.md
# Ivory Coast: 31 January 2021, by the operator, which the second digit tells of mobiles:
#   0-3 Moov, 4-6 MTN, 7-9 Orange. https://artci.ci/en/faq/
# Benin: 30 November 2024, 01 before every number. https://fr.allafrica.com/stories/202411300249.html
_FORMS = (
    (re.compile(r"\+521([1-9][0-9]{9})"), r"+52\1"),
    (re.compile(r"\+55([1-9][1-9])([6-9][0-9]{7})"), r"+55\g<1>9\2"),
    (re.compile(r"\+54([1-8][0-9]{9})"), r"+549\1"),
    (re.compile(r"\+225([04-9][0-3][0-9]{6})"), r"+22501\1"),
    (re.compile(r"\+225([04-9][4-6][0-9]{6})"), r"+22505\1"),
    (re.compile(r"\+225([04-9][7-9][0-9]{6})"), r"+22507\1"),
    (re.compile(r"\+229([2-9][0-9]{7})"), r"+22901\1"),
)
_COUNTRIES = ("+52", "+54", "+55", "+225", "+229")


def form_of_today(e164: str) -> str | None:
    """Write a number as today's plan does; None where it is written so, as far as is known."""
    for pattern, today in _FORMS:
        found = pattern.fullmatch(e164)
        if found:
            return found.expand(today)
    return None


def may_have_two_forms(value: str) -> bool:
    """Say whether a phone number, or a handle with one, is of a country that has two forms."""
    return value.rpartition(":")[2].startswith(_COUNTRIES)

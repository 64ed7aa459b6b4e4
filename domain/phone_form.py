"""Which phone numbers are two forms of one: countries that added or dropped digits. Pure.

A number counts in the form of today's numbering plan. Libphonenumber knows today's plans and what
national prefixes stand for; that networks still deliver the forms of before is known here.
"""

import re

_FORMS = (
    # Mexico: the 1 after 52 went on 3 August 2019, by order of the regulator (IFT); accounts of
    # messengers that are older keep it.
    #   https://www.twilio.com/blog/mexico-france-regulatory-compliance-updates-august-2019
    #   https://waha.devlike.pro/docs/apps/phone-numbers-mexico/
    (re.compile(r"\+521([2-9][0-9]{9})"), r"+52\1"),
    # Brazil: mobile numbers got a 9 from 2012 to 2016 (Anatel, Resolução 553/2010); accounts of
    # messengers outside the first states keep the form of before. Radios, whose numbers begin with
    # a 7, got none, so whether such a number is a mobile's cannot be told.
    #   https://algartelecom.com.br/empresas/atendimento/nono-digito.html
    #   https://www.zoko.io/learning-article/whatsapp-id-brazil-mexico
    #   https://github.com/google/libphonenumber/blob/master/resources/PhoneNumberMetadata.xml
    (re.compile(r"\+55([1-9][1-9])([689][0-9]{7})"), r"+55\g<1>9\2"),
    # Argentina: a 9 after 54 is a mobile reached from abroad; texts come with and without it.
    #   https://github.com/google/libphonenumber/blob/master/FAQ.md#mx_and_ar
    (re.compile(r"\+54([1-8][0-9]{9})"), r"+549\1"),
    # Ivory Coast: on 31 January 2021 mobiles got 01 (Moov), 05 (MTN) or 07 (Orange) in front, which
    # the first two digits tell; here are those that were in use then. A fixed line sends no text.
    #   https://artci.ci/en/faq/
    #   https://github.com/guyaristide/numerotation (what the regulator told the ITU)
    (re.compile(r"\+225((?:0[1-3]|[457][0-3])[0-9]{6})"), r"+22501\1"),
    (re.compile(r"\+225([04-9][4-6][0-9]{6})"), r"+22505\1"),
    (re.compile(r"\+225((?:[04-8][7-9]|9[78])[0-9]{6})"), r"+22507\1"),
    # Benin: on 30 November 2024 every number got 01 in front, but for services, which begin with 8.
    #   https://fr.allafrica.com/stories/202411300249.html
    #   https://github.com/google/libphonenumber/blob/master/resources/PhoneNumberMetadata.xml
    (re.compile(r"\+229([24-69][0-9]{7})"), r"+22901\1"),
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

"""The people who write in a simulation. Names, numbers and domains are set aside for fiction."""

from dataclasses import dataclass
from random import Random

_GIVEN = (
    "Ana", "Ben", "Chiara", "Dmitri", "Elif", "Farid", "Grace", "Hiro", "Ines", "Jonas", "Kofi",
    "Lena", "Mateo", "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Soo-jin", "Tomás", "Uma",
    "Viktor", "Wanjiru", "Xin", "Yusuf", "Zoë",
)  # fmt: skip
_FAMILY = (
    "Adeyemi", "Bauer", "Costa", "Dubois", "Eriksen", "Fischer", "García", "Haddad", "Ito",
    "Jensen", "Kim", "Lima", "Moreau", "Novák", "O'Brien", "Papadopoulos", "Rossi", "Singh",
    "Tanaka", "Usman", "Vargas", "Wu", "Yilmaz", "Ziegler",
)  # fmt: skip
_AREAS = (
    212, 303, 312, 404, 415, 503, 512, 602, 612, 617, 702, 713, 718, 801, 813, 904, 916, 954,
)  # fmt: skip
_MAIL_HOSTS = ("example.com", "example.net", "example.org")
_ABROAD_EVERY = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who writes; `phone` is E.164."""

    name: str
    phone: str
    email: str


def people(count: int, rng: Random) -> list[Person]:
    """Make up this many people, no two with the same phone or mailbox."""
    return [_person(number, rng) for number in range(count)]


def _person(number: int, rng: Random) -> Person:
    given, family = rng.choice(_GIVEN), rng.choice(_FAMILY)
    local = f"{given}.{family}".lower().replace("'", "").translate(_PLAIN)
    return Person(
        name=f"{given} {family}",
        phone=_phone(number),
        email=f"{local}{number}@{_MAIL_HOSTS[number % len(_MAIL_HOSTS)]}",
    )


_PLAIN = str.maketrans("áéíëöü", "aeieou")


def _phone(number: int) -> str:
    """Make the number of one person.

    Source: 555-01xx is kept for fiction in North America, 07700 900xxx by Ofcom.
    """
    if number % _ABROAD_EVERY == 0 and number // _ABROAD_EVERY < 1000:
        return f"+447700900{number // _ABROAD_EVERY:03d}"
    line, area = number % 100, number // 100
    exchange = 555 + area // len(_AREAS)
    return f"+1{_AREAS[area % len(_AREAS)]}{exchange:03d}01{line:02d}"

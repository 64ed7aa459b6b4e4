"""Inlet judges signed requests as the providers' own libraries do, right ones and wrong ones.

Where they differ, `DIFFERENCES` says who is right and why; a difference that is not there fails,
and so does a line that tells of none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import cycle, islice
from random import Random
from typing import Final

import pytest
from body_cases import SINCH_TITLES, TELNYX_TITLES, sinch_case, telnyx_case
from messagebird_vonage_cases import (
    MESSAGEBIRD_TITLES,
    VONAGE_TITLES,
    messagebird_case,
    vonage_case,
)
from plivo_cases import PLIVO_TITLES, plivo_case
from signature_differences import DIFFERENCES
from signed_case import Case
from twilio_cases import TWILIO_TITLES, twilio_case

from domain.signature import verify
from providers import REGISTRY

pytest.importorskip("nacl")  # of the extra `oracles`, whose others are imported when they are asked
from library_verdicts import library_verdict

_REQUESTS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    titles: tuple[str, ...]
    make: Callable[[str, Random], Case]


_SOURCES: Final[Mapping[str, _Source]] = {
    "messagebird": _Source(titles=MESSAGEBIRD_TITLES, make=messagebird_case),
    "plivo": _Source(titles=PLIVO_TITLES, make=plivo_case),
    "sinch": _Source(titles=SINCH_TITLES, make=sinch_case),
    "telnyx": _Source(titles=TELNYX_TITLES, make=telnyx_case),
    "twilio": _Source(titles=TWILIO_TITLES, make=twilio_case),
    "vonage": _Source(titles=VONAGE_TITLES, make=vonage_case),
}
_KNOWN = {
    (each.provider, title): (each.ours, each.theirs)
    for each in DIFFERENCES
    for title in each.titles
}


@pytest.mark.parametrize("provider", _SOURCES)
def test_both_say_the_same(provider: str) -> None:
    source = _SOURCES[provider]
    rng = Random(f"requests of {provider}")  # noqa: S311 - the same each time
    untold: dict[str, set[tuple[str, str]]] = {}
    told: set[str] = set()
    for title in islice(cycle(source.titles), _REQUESTS):
        case = source.make(title, rng)
        found = (_inlet_verdict(provider, case), library_verdict(provider, case))
        if found == _KNOWN.get((provider, title)):
            told.add(title)
        elif found[0] != found[1]:
            untold.setdefault(title, set()).add(found)
    assert untold == {}
    assert {title for name, title in _KNOWN if name == provider} - told == set()


def test_valid_requests_are_accepted_by_both() -> None:
    for provider, source in _SOURCES.items():
        case = source.make("valid", Random(provider))  # noqa: S311 - the same each time
        assert _inlet_verdict(provider, case) == library_verdict(provider, case) == "accepted"


def _inlet_verdict(provider: str, case: Case) -> str:
    content = REGISTRY[provider].signed(case.delivery, [case.secret], case.now)
    return "accepted" if verify(content).is_authentic else "refused"

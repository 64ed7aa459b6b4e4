"""Inlet and django-anymail read the same mails alike, as each provider posts them.

Where they differ, `DIFFERENCES` says who is right and why; a difference that is not there fails,
and so does a line that tells of none.
"""

from collections.abc import Generator

import pytest
from anymail_differences import DIFFERENCES, Difference
from mail_posts import IN_PIECES, WHOLE, Post
from mails_as_written import MAILS, RAW_MAILS
from readings import differences, read_by_inlet
from sent_mails import raw_mail_of

pytest.importorskip("anymail")
from anymail_reading import Keeper, anymail_set_up, read_by_anymail

_LEAST_FOR_EACH_PROVIDER = 60


@pytest.fixture(scope="module")
def keeper() -> Generator[Keeper]:
    with anymail_set_up() as keeper:
        yield keeper


def posts_of(way: str) -> dict[str, Post]:
    """Write every mail as a provider posts it, by what it is about."""
    if way in IN_PIECES:
        return {mail.title: IN_PIECES[way](mail) for mail in MAILS}
    whole = {mail.title: WHOLE[way](raw_mail_of(mail), mail.copied) for mail in MAILS}
    return whole | {title: WHOLE[way](raw, "help@example.com") for title, raw in RAW_MAILS.items()}


@pytest.mark.parametrize("way", [*IN_PIECES, *WHOLE])
def test_both_read_the_same(way: str, keeper: Keeper) -> None:
    untold: list[tuple[str, str, object, object]] = []
    told: set[tuple[Difference, str]] = set()
    for title, post in posts_of(way).items():
        found = differences(read_by_inlet(post), read_by_anymail(post, keeper))
        for field, (ours, theirs) in found.items():
            known = [each for each in DIFFERENCES if each.tells_of(way, title, field)]
            told.update((each, title) for each in known)
            if not known:
                untold.append((title, field, ours, theirs))
    expected = {(each, title) for each in DIFFERENCES if way in each.ways for title in each.mails}
    assert untold == []
    assert [(title, each.why) for each, title in expected - told] == []


def test_each_provider_posts_enough_mails() -> None:
    assert len(MAILS) >= _LEAST_FOR_EACH_PROVIDER
    assert len({*(mail.title for mail in MAILS), *RAW_MAILS}) == len(MAILS) + len(RAW_MAILS)

"""How the page writes times, names and texts."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from inbox.conversations.list_rows import snippet_parts
from inbox.conversations.page_queries import read_asked
from inbox.conversations.text_html import link_up
from inbox.conversations.thread_page import snooze_choices
from inbox.page.display_format import Clock, initials, zone_of

NOW = datetime(2024, 11, 1, 14, 0, tzinfo=UTC)
CLOCK = Clock(NOW, UTC)


@pytest.mark.parametrize(
    ("ago", "short", "span"),
    [
        (timedelta(seconds=20), "now", "1 min"),
        (timedelta(minutes=5), "5m", "5 min"),
        (timedelta(hours=3), "3h", "3 h"),
        (timedelta(days=2), "Wed", "2 d"),
        (timedelta(days=30), "2 Oct", "30 d"),
        (timedelta(days=400), "28 Sep 2023", "400 d"),
    ],
)
def test_times_are_short(ago: timedelta, short: str, span: str) -> None:
    moment = CLOCK.moment(NOW - ago)
    assert (moment.short, moment.span) == (short, span)


def test_days_are_those_of_the_readers_zone() -> None:
    auckland = Clock(NOW, ZoneInfo("Pacific/Auckland"))
    assert auckland.moment(NOW).date == "2024-11-02"
    assert auckland.moment(NOW - timedelta(hours=4)).day == "Yesterday"
    assert zone_of("No/Where") is UTC
    assert zone_of("../../etc/passwd") is UTC


@pytest.mark.parametrize("hour", range(24))
def test_what_is_offered_for_snoozing_lies_ahead(hour: int) -> None:
    clock = Clock(NOW.replace(hour=hour), UTC)
    assert all(choice.at.at > clock.now for choice in snooze_choices(clock))


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Ann Lee", "AL"), ("ann", "A"), ("+14155550142", "42"), ("فاطمة الزهراء", "فا"), ("…", "?")],
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_links_are_made_of_web_addresses_only() -> None:
    linked = link_up("See https://example.org/a_(b)?x=1&y=2. Not javascript:alert(1) <b>")
    assert 'href="https://example.org/a_(b)?x=1&amp;y=2"' in linked
    assert linked.count("<a ") == 1
    assert "&lt;b&gt;" in linked
    assert '(<a href="https://example.org/(a)"' in link_up("(https://example.org/(a)).")


def test_of_very_many_addresses_the_first_are_links_and_all_are_shown() -> None:
    linked = link_up("https://example.org/page & " * 5_000)
    assert linked.count("<a ") == 1_000
    assert linked.count("example.org/page") == 2 * 1_000 + 4_000
    assert linked.endswith("https://example.org/page &amp; ")


def test_a_snippet_is_cut_at_its_highlights() -> None:
    parts = snippet_parts("my parcel is late", [(3, 9)])
    assert [(part.text, part.is_hit) for part in parts] == [
        ("my ", False),
        ("parcel", True),
        (" is late", False),
    ]


def test_a_mistyped_view_is_the_open_one_and_personal_ones_need_an_agent() -> None:
    assert read_asked([("view", "nonsense")], has_agent=True).view.key == "open"
    assert read_asked([("view", "mine")], has_agent=False).view.key == "open"
    asked = read_asked([("view", "mine"), ("tag", "vip"), ("utm", "x")], has_agent=True)
    assert asked.link == "view=mine&tag=vip"
    assert asked.api_pairs == [("assignee", "me"), ("status", "open,pending"), ("tag", "vip")]


def test_a_search_is_not_narrowed_by_the_view() -> None:
    asked = read_asked([("view", "mine"), ("q", " parcel "), ("tag", "vip")], has_agent=True)
    assert asked.api_pairs == [("q", "parcel"), ("tag", "vip")]
    assert asked.link == "view=mine&q=parcel&tag=vip"

"""The business calendar over HTTP and by the command: who sets it, and what is refused."""

from actions_house import open_actions_house
from command_line import Inlet
from conftest import OpenConnection
from flows import values

_HOURS = [
    {"weekday": "monday", "opens": "13:30", "closes": "24:00"},
    {"weekday": "monday", "opens": "09:00", "closes": "12:30"},
]
_REFUSED = (
    ({"time_zone": "Mars/Olympus"}, "time_zone"),
    ({"time_zone": "posix/UTC"}, "time_zone"),
    ({"time_zone": "UTC+3"}, "time_zone"),
    ({"time_zone": "UTC", "hours": [_HOURS[0], _HOURS[0]]}, "overlap"),
    (
        {
            "time_zone": "UTC",
            "hours": [{"weekday": "monday", "opens": "09:00", "closes": "09:00"}],
        },
        "later",
    ),
    ({"time_zone": "UTC", "hours": [{"weekday": "monday", "opens": "9", "closes": "10"}]}, "09:00"),
    ({"time_zone": "UTC", "holidays": [{"day": "2026-12-25"}] * 2}, "twice"),
    ({"time_zone": "UTC", "holidays": [{"day": "2026-12-25", "name": "a\nb"}]}, "one line"),
)


async def test_an_admin_sets_the_calendar_that_everybody_reads(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_actions_house(database_url) as house:
        assert await house.get("mia", "/calendar") == {
            "time_zone": "UTC", "hours": [], "holidays": [], "changed_at": None, "version": 0,
        }  # fmt: skip
        body = {
            "time_zone": "Europe/Berlin",
            "hours": _HOURS,
            "holidays": [{"day": "2026-12-25", "name": " Christmas Day "}],
        }
        for who in ("mia", "lou", "ana"):
            refused = await house.call(who, "PUT", "/calendar", body)
            assert refused.json()["code"] == "missing_scope"
        set_ = (await house.call("ada", "PUT", "/calendar", {**body, "version": 0})).json()
        assert (set_["version"], set_["hours"]) == (1, _HOURS[::-1])
        assert set_["holidays"] == [{"day": "2026-12-25", "name": "Christmas Day"}]
        assert await house.get("mia", "/calendar") == set_
        assert (await house.call("ada", "PUT", "/calendar", body)).json() == set_
        late = await house.call("ada", "PUT", "/calendar", {"time_zone": "UTC", "version": 0})
        assert late.json()["code"] == "version_mismatch"
        for wrong, word in _REFUSED:
            refused = await house.call("ada", "PUT", "/calendar", wrong)
            assert refused.status_code == 422, wrong
            assert word in refused.json()["detail"]
        assert await house.get("stranger", "/calendar") != set_
        audited = (await house.get("ada", "/audit?action=calendar.changed"))["items"]
        assert [entry["detail"]["hours"] for entry in audited] == [2]
    async with open_connection() as conn:
        assert await values(conn, b"SELECT count(*) FROM opening_spans WHERE customer_id <> 1") == [
            0
        ]


def test_the_command_sets_what_it_names_and_leaves_the_rest(inlet: Inlet) -> None:
    assert "business time is clock time" in inlet("calendar", "show").out
    hours = ("--hours", "Mon-Fri 09:00-12:30, 13:30-17:00", "--hours", "sat 10:00 - 14:00")
    holidays = ("--holiday", "2026-12-25 Christmas Day", "--holiday", "2027-01-01")
    set_ = inlet("calendar", "set", "--time-zone", "Europe/Berlin", *hours, *holidays, "--json")
    assert set_.json["hours"] == [
        "monday-friday 09:00-12:30, 13:30-17:00",
        "saturday 10:00-14:00",
    ]
    assert set_.json["holidays"] == ["2026-12-25 Christmas Day", "2027-01-01"]
    fewer = inlet("calendar", "set", "--holiday", "none", "--json").json
    assert (fewer["hours"], fewer["holidays"], fewer["version"]) == (set_.json["hours"], [], 2)
    shown = inlet("calendar", "show").out
    assert "Europe/Berlin" in shown
    assert "saturday 10:00-14:00" in shown
    for wrong, words in (
        (("--hours", "fri-mon 09:00-10:00"), "see line 1"),
        (("--hours", "monday 09:00"), "see line 1"),
        (("--holiday", "25.12.2026"), "see line 1"),
        (("--time-zone", "Berlin"), "time_zone must be the IANA name"),
        ((), "say what to change"),
    ):
        refused = inlet("calendar", "set", *wrong)
        assert refused.code == 1
        assert words in refused.err

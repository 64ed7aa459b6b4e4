"""Reports over HTTP: sums of days, medians of classes, what they are compared with, how fresh."""

from datetime import UTC, datetime, timedelta
from typing import Any

from flows import an_sms
from report_house import ReportHouse, open_report_house
from rolling_up import roll_up
from whole_house import url_of

from app.clock import utc_now
from domain.calendar import Calendar, OpeningHours
from simulation import PLAYED
from store.calendars import set_calendar

_NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
_DAY = timedelta(days=1)
_WEEK = "first_day=2026-03-09&last_day=2026-03-15"


def _figures(report: Any, what: str = "value") -> dict[str, Any]:
    return {figure["name"]: figure[what] for figure in report["figures"]}


def _rows(report: Any, name: str) -> list[Any]:
    (found,) = [table["rows"] for table in report["tables"] if table["name"] == name]
    return found


async def _behind(made: ReportHouse) -> None:
    """Let an hour pass since a change that the roll-ups do not have."""
    await made.conn.execute(
        b"INSERT INTO outbox (customer_id, type, created_at)"
        b" VALUES (1, 'conversation.updated', now() - interval '1 hour')"
    )


async def test_days_are_summed_and_compared_with_as_many_before(database_url: str) -> None:
    async with open_report_house(database_url) as made:
        await set_calendar(made.conn, 1, Calendar(time_zone="Pacific/Auckland"))
        await made.catch_up()
        keys = (("all", ""), ("channel", made.channel_id))
        await made.plant(_NOON, "messages_in", 5, keys=keys)
        await made.plant(_NOON + _DAY, "messages_in", 7)
        await made.plant(_NOON, "conversations_new", 2, keys=keys)
        await made.plant(_NOON - 7 * _DAY, "messages_in", 4)
        await made.plant(_NOON - 10 * _DAY, "messages_in", 100)
        report = (await made.ask(f"volume?{_WEEK}")).json()
        assert _figures(report)["messages_in"] == 12
        assert _figures(report, "before")["messages_in"] == 4
        assert (report["days_before"], report["state"]) == (["2026-03-02", "2026-03-08"], "fresh")
        rows = _rows(report, "by_time")
        assert [row["values"]["messages_in"] for row in rows] == [0, 0, 5, 7, 0, 0, 0]
        assert rows[0]["starts_at"] == "2026-03-08T11:00:00.000000Z"
        one = (await made.ask(f"volume?{_WEEK}&channel_id={made.channel_id}")).json()
        assert _figures(one)["messages_in"] == 5
        by_hour = (
            await made.ask("volume?first_day=2026-03-11&last_day=2026-03-11&group=hour")
        ).json()
        hours = [row["values"]["messages_in"] for row in _rows(by_hour, "by_time")]
        assert (len(hours), hours[1]) == (24, 5)


async def test_medians_are_those_of_all_days_together(database_url: str) -> None:
    async with open_report_house(database_url) as made:
        hours = [OpeningHours(weekday, 540, 1020) for weekday in range(1, 8)]
        await set_calendar(made.conn, 1, Calendar(time_zone="UTC", hours=hours))
        await made.catch_up()
        mia = (await made.ask("agents", "ada")).json()
        assert mia["tables"] == [{"name": "by_agent", "rows": []}]
        (agent_id,) = [
            row[0]
            for row in await (
                await made.conn.execute(b"SELECT id FROM agents WHERE name = 'Mia'")
            ).fetchall()
        ]
        keys = (("all", ""), ("agent", agent_id))
        for minutes, amount in ((2, 5), (10, 4), (600, 1)):
            length = timedelta(minutes=minutes)
            await made.took(_NOON, "first_response", length, amount, keys)
        await made.took(_NOON + _DAY, "first_response", timedelta(hours=30), 1, keys)
        await made.took(_NOON, "first_response_business", timedelta(minutes=1), 11, keys)
        await made.plant(_NOON, "first_asked", 13)
        await made.plant(_NOON, "messages_out", 11, keys=keys)
        times = (await made.ask(f"times?{_WEEK}")).json()
        found = _figures(times)
        assert (found["first_asked"], found["first_answered"], found["first_unanswered"]) == (
            13, 11, 2,
        )  # fmt: skip
        assert abs(found["first_response_median_seconds"] / 600 - 1) < 0.031
        assert abs(found["first_response_p90_seconds"] / 36000 - 1) < 0.031
        assert abs(found["first_response_median_business_seconds"] / 60 - 1) < 0.031
        assert found["resolution_median_seconds"] is None
        days = _rows(times, "by_time")
        assert [row["values"]["first_answered"] for row in days] == [0, 10, 1, 0, 0, 0, 0]
        (row,) = _rows((await made.ask(f"agents?{_WEEK}")).json(), "by_agent")
        assert row["about"] == {"agent_id": str(agent_id), "agent_name": "Mia"}
        assert (row["values"]["messages_out"], row["values"]["first_answered"]) == (11, 11)
        own = (await made.ask(f"times?{_WEEK}&agent_id={agent_id}")).json()
        assert _figures(own)["first_unanswered"] is None


async def test_what_became_of_messages_is_divided_by_channel_and_error(database_url: str) -> None:
    async with open_report_house(database_url) as made:
        keys = (("all", ""), ("channel", made.channel_id), ("tag", "vip"))
        for detail, amount in (
            ("delivered", 6), ("read", 2), ("failed:30003", 1), ("unknown", 1), ("queued", 5),
        ):  # fmt: skip
            await made.plant(_NOON, "delivery", amount, detail, keys)
        report = (await made.ask(f"delivery?{_WEEK}")).json()
        found = _figures(report)
        assert (found["written"], found["delivered"], found["delivered_share"]) == (15, 8, 0.8)
        errors = _rows(report, "by_error")
        assert [(row["about"]["error_code"], row["values"]["messages"]) for row in errors] == [
            ("30003", 1),
            (None, 1),
        ]
        assert {row["about"]["channel_name"] for row in _rows(report, "by_channel")} == {"texts"}
        tagged = (await made.ask(f"delivery?{_WEEK}&tag=vip")).json()
        assert [table["name"] for table in tagged["tables"]] == ["by_time"]
        assert _figures(tagged)["written"] == 15


async def test_few_days_are_counted_from_rows_while_roll_ups_are_behind(database_url: str) -> None:
    async with open_report_house(database_url) as made:
        channel = made.house.channels["texts"]
        for name in ("one", "two"):
            delivery = PLAYED["generic"].compose(
                an_sms(name, body="Hello"), channel, url_of(channel), utc_now()
            )
            await made.house.post(delivery)
        await made.house.work()
        await roll_up(made.conn)
        days = f"volume?first_day={utc_now() - _DAY:%Y-%m-%d}&last_day={utc_now():%Y-%m-%d}"
        fresh = (await made.ask(days)).json()
        assert (fresh["state"], fresh["source"]) == ("fresh", "rollups")
        assert _figures(fresh)["messages_in"] == 2
        await _behind(made)
        now = (await made.ask(days)).json()
        assert (now["state"], now["source"]) == ("fresh", "rows")
        assert _figures(now) == {**_figures(fresh), "conversations_reopened": None}
        month = (await made.ask("volume?span=last_28_days")).json()
        assert (month["state"], month["source"]) == ("behind", "rollups")
        assert datetime.fromisoformat(month["as_of"]) < utc_now() - timedelta(minutes=59)
        await made.conn.execute(
            b"INSERT INTO rollup_rebuilds (customer_id, reason) VALUES (1, 'calendar')"
        )
        assert (await made.ask("times")).json()["state"] == "rebuilding"


async def test_the_backlog_is_what_is_there_now(database_url: str) -> None:
    async with open_report_house(database_url) as made:
        channel = made.house.channels["texts"]
        delivery = PLAYED["generic"].compose(
            an_sms("one", body="Hello"), channel, url_of(channel), utc_now()
        )
        await made.house.post(delivery)
        await made.house.work()
        await made.conn.execute(
            b"UPDATE conversations SET waiting_since = now() - interval '2 hours'"
        )
        report = (await made.ask("backlog")).json()
        assert (_figures(report)["open"], _figures(report)["waiting"]) == (1, 1)
        assert [row["values"]["waiting"] for row in _rows(report, "by_age")] == [0, 1, 0, 0, 0, 0]
        mails = made.house.channels["mails"].id
        other = (await made.ask(f"backlog?channel_id={mails}")).json()
        assert _figures(other)["open"] == 0


async def test_only_leads_see_figures_and_only_their_customers(database_url: str) -> None:
    async with open_report_house(database_url) as made:
        await made.plant(_NOON, "messages_in", 5)
        await made.plant(_NOON, "conversations_spam", 2)
        for name in ("volume", "times", "backlog", "delivery", "agents", "tags", "consent"):
            assert (await made.ask(name, "mia")).json()["code"] == "missing_scope"
            assert (await made.ask(name)).status_code == 200
        other = (await made.ask(f"volume?{_WEEK}", "stranger")).json()
        assert _figures(other)["messages_in"] == 0
        assert _figures((await made.ask(f"consent?{_WEEK}")).json())["conversations_spam"] == 2
        for wrong in (
            "volume?first_day=2026-03-09",
            "volume?first_day=2026-03-09&last_day=2026-03-01",
            "volume?first_day=2020-03-09&last_day=2026-03-01",
            "volume?span=today&first_day=2026-03-09&last_day=2026-03-10",
            f"volume?tag=vip&channel_id={made.channel_id}",
            f"volume?{_WEEK.replace('09', '01')}&group=hour",
            "volume?first_day=9.3.2026&last_day=2026-03-10",
        ):
            assert (await made.ask(wrong)).status_code == 422, wrong
        assert (await made.ask("agents?tag=vip")).status_code == 400

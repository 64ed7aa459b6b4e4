"""The pages of reports without scripts: charts in words, tables, filters, CSV, the calendar."""

import csv
import re
from datetime import timedelta

from report_house import open_report_house

from app.clock import utc_now

_HIDDEN = re.compile(r'name="(csrf_token|version)" value="([^"]*)"')


async def test_a_report_is_charts_tables_and_files(database_url: str) -> None:
    async with open_report_house(database_url) as made:
        await made.log_in("lou")
        assert "Nothing in these days" in await made.page("/volume")
        yesterday = utc_now() - timedelta(days=1)
        keys = (("all", ""), ("tag", "=1+1"))
        await made.plant(yesterday, "messages_in", 1234, keys=keys)
        await made.took(yesterday, "first_response", timedelta(minutes=90), 3, keys)
        await made.conn.execute(b"""
            INSERT INTO conversation_tags (customer_id, conversation_id, tag)
            SELECT 1, c.id, '=1+1' FROM conversations AS c
        """)
        volume = await made.page("/volume?span=last_7_days")
        assert "1,234" in volume
        assert "Messages in: highest 1,234" in volume
        assert 'aria-describedby="c-by_time1-summary"' in volume
        assert "1 h 3" in await made.page("/times?span=last_7_days")
        file = await made.house.client.get("/reports/volume/by_time.csv?span=last_7_days")
        assert file.headers["content-type"].startswith("text/csv")
        rows = list(csv.DictReader(file.text.splitlines()))
        assert (len(rows), sum(int(row["messages_in"]) for row in rows)) == (7, 1234)
        assert "volume-by_time-" in file.headers["content-disposition"]
        await made.page("/volume/by_nothing.csv", 404)
        wrong = await made.page("/volume?first_day=2026-03-09", 422)
        assert "must be given together" in wrong
        for name in ("backlog", "delivery", "agents", "tags", "consent"):
            await made.page(f"/{name}?span=today&tag=vip&group=hour")
        inbox = (await made.house.client.get("/inbox")).text
        assert 'href="/reports"' in inbox
        await made.log_in("mia")
        refused = await made.page("/volume", 403)
        assert "Reports are for leads" in refused
        assert 'href="/reports"' not in (await made.house.client.get("/inbox")).text


async def test_an_admin_sets_the_calendar_as_it_is_written(database_url: str) -> None:
    async with open_report_house(database_url) as made:
        await made.log_in("lou")
        shown = await made.page("/calendar")
        assert "An admin can change it" in shown
        await made.log_in("ada")
        shown = await made.page("/calendar")
        form = {
            **dict(_HIDDEN.findall(shown)),
            "time_zone": "Europe/Berlin",
            "hours": "mon-fri 09:00-17:00\r\n\r\nsat 10:00-14:00",
            "holidays": "2026-12-25 Christmas <Day>",
        }
        wrong = await made.house.client.post(
            "/reports/calendar", data={**form, "hours": "someday 9-5"}
        )
        assert wrong.status_code == 422
        assert "see line 1" in wrong.text
        assert "someday 9-5" in wrong.text
        done = await made.house.client.post("/reports/calendar", data=form)
        assert done.status_code == 303
        saved = await made.page("/calendar?saved=yes")
        assert "monday-friday 09:00-17:00\nsaturday 10:00-14:00" in saved
        assert "Christmas &lt;Day&gt;" in saved
        late = await made.house.client.post("/reports/calendar", data={**form, "hours": ""})
        assert late.status_code == 412


async def test_an_agent_sees_their_own_day(database_url: str) -> None:
    async with open_report_house(database_url) as made:
        await made.log_in("mia")
        found = await (
            await made.conn.execute(b"SELECT id::text FROM agents WHERE name = 'Mia'")
        ).fetchone()
        assert found is not None
        keys = (("agent", str(found[0])),)
        await made.plant(utc_now(), "messages_out", 7, keys=keys)
        await made.took(utc_now(), "first_response", timedelta(minutes=90), 1, keys)
        day = await made.house.client.get("/inbox/own-day")
        assert "Today: 7 sent, 0 closed, first response 1 h 3" in day.text
        assert day.headers["cache-control"] == "private, max-age=60"
        await made.log_in("lou")
        assert "0 sent, 0 closed</p>" in (await made.house.client.get("/inbox/own-day")).text

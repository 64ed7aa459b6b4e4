"""axe finds nothing wrong in reports, light or dark, wide or at 320 px; they need no scripts."""

from datetime import timedelta

import pytest

from app.clock import utc_now
from browser.desks import Customer
from browser.test_axe import check
from store.database import connect

_WIDTH = "document.documentElement.scrollWidth"
_PLANT = b"""
    INSERT INTO rollups (
        customer_id, grain, grouped_by, figure, group_key, starts_at, detail, amount, milliseconds
    )
    SELECT
        %(customer_id)s, 'day', g.grouped_by, f.figure, g.group_key,
        date_trunc('day', %(now)s::timestamptz, 'UTC') - d.day * interval '1 day', f.detail,
        f.most - (d.day * 7 + f.most) %% f.most / 2, 0
    FROM generate_series(0, 55) AS d (day)
    CROSS JOIN (
        VALUES ('all', ''), ('agent', %(agent_id)s::text), ('channel', %(channel_id)s::text)
    ) AS g (grouped_by, group_key)
    CROSS JOIN (
        VALUES
            ('messages_in', '', 90), ('messages_out', '', 70), ('conversations_new', '', 30),
            ('conversations_closed', '', 26), ('conversations_reopened', '', 4),
            ('first_asked', '', 31), ('first_response', '110', 18), ('first_response', '150', 9),
            ('resolution', '180', 20), ('delivery', 'delivered', 60), ('delivery', 'sent', 6),
            ('delivery', 'failed:30003', 3), ('conversations_spam', '', 2)
    ) AS f (figure, detail, most)
    ON CONFLICT DO NOTHING
"""
_PAGES = ("volume", "times", "backlog", "delivery", "agents", "consent", "calendar")


async def plant_figures(customer: Customer) -> None:
    async with await connect(customer.processes.database_url, "tests") as conn:
        found = await (
            await conn.execute(
                b"SELECT id FROM agents WHERE customer_id = %s LIMIT 1", (customer.id,)
            )
        ).fetchone()
        assert found is not None
        await conn.execute(
            _PLANT,
            {
                "customer_id": customer.id,
                "agent_id": str(found[0]),
                "channel_id": customer.sms.id,
                "now": utc_now() - timedelta(seconds=1),
            },
        )


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
async def test_reports_can_be_read_by_everybody(
    customer: Customer, scheme: str, width: int
) -> None:
    page = await customer.sit_down(
        "Maya Okafor", scheme="dark" if scheme == "dark" else "light", bypass_csp=True
    )
    await page.wait_for_selector("#own-day p")
    await plant_figures(customer)
    await customer.text("+14155550101", "Where is my parcel?")
    await page.set_viewport_size({"width": width, "height": 800})
    for name in _PAGES:
        await page.goto(f"/reports/{name}")
        await check(page, f"{name}, {scheme}")
        assert await page.evaluate(_WIDTH) <= width, name
    await page.goto("/reports/volume")
    assert await page.locator(".chart").count() == 2

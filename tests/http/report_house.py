"""A house with figures of some days: who asks for them, and what there is."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
from contract import check_response
from whole_house import ChannelPlan, House, KeyPlan, bearer, key_text, open_house

from store.database import Connection, connect

KEYS = {
    "lou": KeyPlan(scopes=("conversations:read", "inbox:manage"), agent="Lou", role="lead"),
    "mia": KeyPlan(scopes=("conversations:read",), agent="Mia", role="agent"),
    "ada": KeyPlan(scopes=("admin",), agent="Ada", role="admin"),
    "stranger": KeyPlan(customer=2, scopes=("admin",), agent="Zed", role="admin"),
}
CHANNELS = (
    ChannelPlan(name="texts", provider="generic", kind="sms", own_address="+14155550199"),
    ChannelPlan(name="mails", provider="generic", kind="email", own_address="help@example.com"),
)
_ROLLUP = b"""
    INSERT INTO rollups (
        customer_id, grain, grouped_by, figure, group_key, starts_at, detail, amount, milliseconds
    )
    SELECT 1, g.grain, %s, %s, %s, date_trunc(g.grain, %s::timestamptz, calendar_zone(1)), %s, %s, 0
    FROM (VALUES ('hour'), ('day')) AS g (grain)
    ON CONFLICT (customer_id, grain, grouped_by, figure, group_key, starts_at, detail)
    DO UPDATE SET amount = rollups.amount + excluded.amount
"""
_UP_TO_DATE = b"""
    INSERT INTO outbox_cursors (consumer, xid, seq)
    VALUES ('rollups', pg_current_xact_id(), 9223372036854775807)
    ON CONFLICT (consumer) DO UPDATE SET xid = excluded.xid, seq = excluded.seq
"""
_CLASS = b"SELECT class_of_duration(%s)::text"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportHouse:
    """The running house, and a connection to plant figures with."""

    house: House
    conn: Connection

    @property
    def channel_id(self) -> str:
        return self.house.channels["texts"].id

    async def ask(self, path: str, who: str = "lou") -> httpx.Response:
        response = await self.house.client.get(f"/api/reports/{path}", headers=bearer(who))
        check_response(response)
        return response

    async def plant(
        self,
        at: datetime,
        figure: str,
        amount: int,
        detail: str = "",
        keys: Sequence[tuple[str, str]] = (("all", ""),),
    ) -> None:
        """Add to what there is of a figure, for each of these groups."""
        for grouped_by, key in keys:
            await self.conn.execute(_ROLLUP, (grouped_by, figure, key, at, detail, amount))

    async def took(
        self,
        at: datetime,
        figure: str,
        length: timedelta,
        amount: int = 1,
        keys: Sequence[tuple[str, str]] = (("all", ""),),
    ) -> None:
        """Add durations."""
        cursor = await self.conn.execute(_CLASS, (length // timedelta(milliseconds=1),))
        found = await cursor.fetchone()
        assert found is not None
        await self.plant(at, figure, amount, str(found[0]), keys)

    async def catch_up(self) -> None:
        """Have the roll-ups count as up to date."""
        await self.conn.execute(_UP_TO_DATE)

    async def log_in(self, who: str) -> None:
        response = await self.house.client.post("/inbox/login", data={"key": key_text(who)})
        assert response.status_code == 303, response.text

    async def page(self, path: str, status: int = 200) -> str:
        response = await self.house.client.get(f"/reports{path}")
        assert response.status_code == status, response.text
        return response.text


@asynccontextmanager
async def open_report_house(database_url: str) -> AsyncGenerator[ReportHouse]:
    async with (
        open_house(database_url, CHANNELS, KEYS) as house,
        await connect(database_url, "tests") as conn,
    ):
        made = ReportHouse(house=house, conn=conn)
        await made.catch_up()
        yield made

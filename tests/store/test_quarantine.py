"""Refused deliveries are kept to be looked at, but nobody can fill the disk with them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from conftest import OpenConnection
from flows import NOW, make_channel, values

from app.ids import new_id
from domain.channel import Channel
from domain.delivery import Delivery
from store.database import Connection
from store.quarantine import (
    QuarantineFilter,
    find_quarantined,
    list_quarantined,
    mark_released,
    quarantine,
)


def _delivery(body: bytes, seconds: int = 0) -> Delivery:
    return Delivery(
        method="POST",
        url="https://inlet.test/webhooks/generic/ü?a=%00",
        headers={},
        body=body,
        received_at=NOW + timedelta(seconds=seconds),
    )


async def _keep(
    conn: Connection,
    channel: Channel,
    body: bytes,
    *,
    reason: str = "bad_signature",
    seconds: int = 0,
) -> str:
    delivery_id = new_id()
    await quarantine(
        conn,
        channel,
        _delivery(body, seconds),
        delivery_id=delivery_id,
        reason=reason,
        headers='{"a": "\\u00fc"}',
    )
    return delivery_id


async def test_a_refused_delivery_is_kept_whole_up_to_a_size(
    open_connection: OpenConnection,
) -> None:
    most = 30 << 20
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        for body in (b"", b"\x00\xff", b"x" * 65_537, b"x" * most, b"x" * (most + 1)):
            await _keep(conn, channel, body)
        sizes = b"SELECT (length(body), body_bytes)::text FROM quarantined_deliveries ORDER BY id"
        assert await values(conn, sizes) == [
            "(0,0)", "(2,2)", "(65537,65537)", f"({most},{most})", f"({most},{most + 1})",
        ]  # fmt: skip
        assert await values(conn, b"SELECT headers->>'a' FROM quarantined_deliveries LIMIT 1") == [
            "ü"
        ]
        listed = await list_quarantined(conn, 1, QuarantineFilter(), limit=9)
        assert [delivery.is_cut for delivery in listed] == [True, False, False, False, False]


async def test_a_channel_forgets_its_oldest_beyond_a_size(
    open_connection: OpenConnection,
) -> None:
    async with open_connection() as conn:
        quiet, noisy = await make_channel(conn, "quiet"), await make_channel(conn, "noisy")
        await _keep(conn, quiet, b"x" * (1 << 20))
        for body in (b"old", b"a" * (30 << 20), b"b" * (30 << 20), b"c" * (4 << 20), b"d"):
            await _keep(conn, noisy, body)
        kept = b"""
            SELECT c.name || ' ' || length(q.body)
            FROM quarantined_deliveries AS q JOIN channels AS c ON c.id = q.channel_id
            ORDER BY q.id
        """
        assert await values(conn, kept) == [
            f"quiet {1 << 20}", f"noisy {30 << 20}", f"noisy {4 << 20}", "noisy 1",
        ]  # fmt: skip


async def test_the_content_type_is_kept_with_the_headers(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        headers = {"content-type": "text/plain", "x-signature": "s"}
        delivery = replace(_delivery(b"x"), headers=headers)
        await quarantine(
            conn, channel, delivery, delivery_id=new_id(), reason="r", headers='{"x-signature":"s"}'
        )
        (listed,) = await list_quarantined(conn, 1, QuarantineFilter(), limit=9)
        found = await find_quarantined(conn, 1, listed.id)
    assert found is not None
    assert found.delivery == delivery


async def test_refused_deliveries_are_listed_latest_first_by_any_filter(
    open_connection: OpenConnection,
) -> None:
    async with open_connection() as conn:
        one, other = await make_channel(conn, "one"), await make_channel(conn, "other")
        ids = [
            await _keep(conn, channel, b"x", reason=reason, seconds=seconds)
            for seconds, (channel, reason) in enumerate(
                [(one, "bad_signature"), (other, "bad_signature"), (one, "missing_signature")]
            )
        ]

        async def listed(**wanted: Any) -> list[str]:
            found = await list_quarantined(conn, 1, QuarantineFilter(**wanted), limit=9)
            return [item.id for item in found]

        assert await listed() == ids[::-1]
        assert await listed(channel_id=one.id) == [ids[2], ids[0]]
        assert await listed(reason="missing_signature") == [ids[2]]
        assert await listed(since=NOW + timedelta(seconds=1)) == [ids[2], ids[1]]
        assert await listed(until=NOW + timedelta(seconds=1)) == [ids[0]]
        await mark_released(conn, 1, ids[1])
        assert await listed(is_released=True) == [ids[1]]
        assert await listed(is_released=False) == [ids[2], ids[0]]
        page = await list_quarantined(conn, 1, QuarantineFilter(), limit=1, before=ids[2])
        assert [item.id for item in page] == [ids[1]]
        assert await list_quarantined(conn, 2, QuarantineFilter(), limit=9) == []
        assert await find_quarantined(conn, 2, ids[0]) is None


async def test_a_channel_keeps_its_last_thousand(open_connection: OpenConnection) -> None:
    counts = b"""
        SELECT (c.name, count(*), min(q.reason), max(q.reason))::text
        FROM quarantined_deliveries AS q JOIN channels AS c ON c.id = q.channel_id
        GROUP BY c.name ORDER BY 1
    """
    async with open_connection() as conn:
        quiet, noisy = await make_channel(conn, "quiet"), await make_channel(conn, "noisy")
        for channel, count in ((quiet, 1), (noisy, 1003)):
            for number in range(count):
                await _keep(conn, channel, b"x", reason=f"reason-{number:04}")
        assert await values(conn, counts) == [
            "(noisy,1000,reason-0003,reason-1002)",
            "(quiet,1,reason-0000,reason-0000)",
        ]

"""Refused deliveries are kept to be looked at, but nobody can fill the disk with them."""

from datetime import timedelta

from conftest import OpenConnection
from flows import NOW, make_channel, values

from app.ids import new_id
from domain.delivery import Delivery
from store.quarantine import quarantine


def _delivery(body: bytes, seconds: int = 0) -> Delivery:
    return Delivery(
        method="POST",
        url="https://inlet.test/webhooks/generic/ü?a=%00",
        headers={},
        body=body,
        received_at=NOW + timedelta(seconds=seconds),
    )


async def test_a_refused_delivery_is_kept_up_to_a_size(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        channel = await make_channel(conn, "sms")
        for body in (b"", b"\x00\xff", b"x" * 65_536, b"x" * 65_537, b"x" * (3 << 20)):
            await quarantine(
                conn,
                channel,
                _delivery(body),
                delivery_id=new_id(),
                reason="bad_signature",
                headers='{"a": "\\u00fc"}',
            )
        sizes = b"SELECT (length(body), body_bytes)::text FROM quarantined_deliveries ORDER BY id"
        assert await values(conn, sizes) == [
            "(0,0)", "(2,2)", "(65536,65536)", "(65536,65537)", f"(65536,{3 << 20})",
        ]  # fmt: skip
        assert await values(conn, b"SELECT headers->>'a' FROM quarantined_deliveries LIMIT 1") == [
            "ü"
        ]


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
                await quarantine(
                    conn,
                    channel,
                    _delivery(b"x"),
                    delivery_id=new_id(),
                    reason=f"reason-{number:04}",
                    headers="{}",
                )
        assert await values(conn, counts) == [
            "(noisy,1000,reason-0003,reason-1002)",
            "(quiet,1,reason-0000,reason-0000)",
        ]

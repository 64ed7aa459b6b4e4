"""Demo channels send to the played provider while there is one, and not otherwise."""

from conftest import OpenConnection

from app.demo_channels import ensure_demo_channels
from store.channels import find_channel


async def test_demo_channels_send_only_while_a_demo_plays(open_connection: OpenConnection) -> None:
    async with open_connection() as conn:
        assert [channel.send_url for channel in await ensure_demo_channels(conn, None)] == [
            None,
            None,
        ]
        played = await ensure_demo_channels(conn, "http://127.0.0.1:9")
        assert [channel.send_url for channel in played] == [
            f"http://127.0.0.1:9/sends/{channel.id}" for channel in played
        ]
        again = await ensure_demo_channels(conn, "http://127.0.0.1:10")
        assert [channel.send_url for channel in again] == [
            f"http://127.0.0.1:10/sends/{channel.id}" for channel in again
        ]
        await ensure_demo_channels(conn, None)
        stored = await find_channel(conn, 1, "demo-sms")
        assert stored is not None
        assert stored.channel.send_url is None
        await conn.execute("UPDATE channels SET send_url = 'https://own.example/out'")
        kept = await ensure_demo_channels(conn, "http://127.0.0.1:9")
        assert {channel.send_url for channel in kept} == {"https://own.example/out"}

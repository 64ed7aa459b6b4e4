"""Connections of SMTP: how many, how long, how they are encrypted, and how they end.

Source: RFC 5321 section 4.5.3.2 (time-outs), RFC 3207 (STARTTLS).
"""

import asyncio
import smtplib
import ssl
from pathlib import Path

from conftest import OpenConnection
from mail_house import MAIL, kept, mail_channel, open_mail_house
from self_made_certificate import make_certificate


async def test_so_many_connections_and_no_more(database_url: str, tmp_path: Path) -> None:
    async with open_mail_house(database_url, tmp_path, most_connections=2) as house:
        async with house.speak(), house.speak():
            reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
            assert (await reader.read()).startswith(b"421 4.7.0")
            writer.close()
        async with asyncio.timeout(120):
            while True:
                reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
                greeting = await reader.readline()
                writer.close()
                if greeting.startswith(b"220"):
                    break


async def test_so_many_of_one_peer_and_no_more(database_url: str, tmp_path: Path) -> None:
    async with open_mail_house(database_url, tmp_path, most_per_peer=1) as house, house.speak():
        reader, writer = await asyncio.open_connection("127.0.0.1", house.port)
        assert (await reader.read()).startswith(b"421 4.7.0")
        writer.close()


async def test_who_says_nothing_is_sent_away(database_url: str, tmp_path: Path) -> None:
    house_of = open_mail_house(database_url, tmp_path, idle_seconds=0.1)
    async with house_of as house, house.speak() as client:
        assert (await client.hear()).startswith("421 4.4.2")
        assert await client.hear() == ""


async def test_who_gives_a_mail_drop_by_drop_is_sent_away(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn:
        await mail_channel(conn, "help", "help@example.com")
        async with (
            open_mail_house(
                database_url, tmp_path, idle_seconds=0.5, bytes_per_second=1e6
            ) as house,
            house.speak() as client,
        ):
            await client.begin("help@example.com")
            assert (await client.say("DATA")).startswith("354")
            hearing = asyncio.create_task(client.hear())
            while not hearing.done():
                client.writer.write(b"x")
                await asyncio.sleep(0.05)
            assert (await hearing).startswith("421 4.4.2")
        assert await kept(conn) == []


async def test_a_slow_mail_that_keeps_coming_is_taken(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn:
        await mail_channel(conn, "help", "help@example.com")
        async with (
            open_mail_house(database_url, tmp_path, idle_seconds=2.0, bytes_per_second=10) as house,
            house.speak() as client,
        ):
            await client.begin("help@example.com")
            assert (await client.say("DATA")).startswith("354")
            for line in (MAIL + "more\r\n" * 25).splitlines(keepends=True):
                client.writer.write(line.encode())
                await asyncio.sleep(0.1)
            assert (await client.say(".")).startswith("250")


async def test_who_hangs_up_in_a_mail_leaves_nothing(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn:
        await mail_channel(conn, "help", "help@example.com")
        async with open_mail_house(database_url, tmp_path) as house:
            for rest in (b"", b"Subject: Hi\r\n\r\nhalf", b"Subject: Hi\r\n\r\nhalf\r\n."):
                async with house.speak() as client:
                    await client.begin("help@example.com")
                    assert (await client.say("DATA")).startswith("354")
                    client.writer.write(rest)
            async with house.speak() as client:
                await client.begin("help@example.com")
                assert (await client.give()).startswith("250")
        assert len(await kept(conn)) == 1


async def test_a_mail_in_hand_is_finished_when_the_server_stops(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn:
        await mail_channel(conn, "help", "help@example.com")
        async with (
            open_mail_house(database_url, tmp_path) as house,
            house.speak() as idle,
            house.speak() as busy,
        ):
            await busy.begin("help@example.com")
            assert (await busy.say("DATA")).startswith("354")
            stopping = asyncio.create_task(house.receiver.stop(100))
            assert (await idle.hear()).startswith("421 4.3.2")
            assert (await busy.say(MAIL + ".")).startswith("250")
            assert (await busy.hear()).startswith("421 4.3.2")
            await stopping
        assert len(await kept(conn)) == 1


async def test_a_mail_comes_encrypted_where_a_certificate_is_set(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    own = make_certificate(tmp_path)

    def send(port: int) -> str:
        with smtplib.SMTP("localhost", port, timeout=60) as client:
            client.starttls(context=own.trusted())
            client.ehlo("mail.example.org")
            assert not client.has_extn("auth")
            assert not client.has_extn("starttls")
            client.sendmail("ann@example.org", ["help@example.com"], MAIL)
            cipher = client.sock.version() if isinstance(client.sock, ssl.SSLSocket) else ""
            return cipher or ""

    async with open_connection() as conn:
        await mail_channel(conn, "help", "help@example.com")
        async with open_mail_house(database_url, tmp_path, tls=own.of_server()) as house:
            version = await asyncio.to_thread(send, house.port)
        [(_, body, headers)] = await kept(conn)
    assert body == MAIL.encode()
    assert headers["x-envelope-tls"] == version == "TLSv1.3"


async def test_what_is_said_before_encryption_counts_for_nothing_after_it(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    """Somebody on the way could have put it there."""
    own = make_certificate(tmp_path)
    async with open_connection() as conn:
        await mail_channel(conn, "help", "help@example.com")
        async with (
            open_mail_house(database_url, tmp_path, tls=own.of_server()) as house,
            house.speak() as client,
        ):
            await client.say("EHLO mail.example.org")
            injected = b"MAIL FROM:<eve@example.net>\r\nRCPT TO:<help@example.com>\r\n"
            client.writer.write(b"STARTTLS\r\n" + injected)
            assert (await client.hear()).startswith("220")
            try:
                await client.writer.start_tls(own.trusted(), server_hostname="localhost")
            except (ssl.SSLError, ConnectionError):
                return  # what was injected was taken for a handshake, which it is not
            await client.say("EHLO mail.example.org")
            assert (await client.say("DATA")).startswith("503")


async def test_who_encrypts_wrongly_is_hung_up_on_and_others_are_not(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    own = make_certificate(tmp_path)
    async with open_connection() as conn:
        await mail_channel(conn, "help", "help@example.com")
        async with open_mail_house(database_url, tmp_path, tls=own.of_server()) as house:
            async with house.speak() as client:
                await client.say("EHLO mail.example.org")
                assert (await client.say("STARTTLS")).startswith("220")
                client.writer.write(b"this is no handshake\r\n" * 10)
                async with asyncio.timeout(60):
                    await client.reader.read()
            async with house.speak() as client:
                await client.begin("help@example.com")
                assert (await client.give()).startswith("250")
        assert len(await kept(conn)) == 1

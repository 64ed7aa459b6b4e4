"""Mail that comes by SMTP: for whom it is taken, what is kept of it, and when that is said.

Source: RFC 5321, RFC 2920 (PIPELINING), RFC 6531 (SMTPUTF8), RFC 3207 (STARTTLS).
"""

from pathlib import Path
from random import Random

import pytest
from conftest import OpenConnection
from flows import count_of, until
from mail_house import MAIL, MOST_BYTES, kept, mail_channel, open_mail_house
from prometheus_client import REGISTRY
from spool_house import database_away

from app.ids import new_id
from domain.reply_address import reply_address
from store.database import Connection

_DISABLE = b"UPDATE channels SET disabled_at = now() WHERE name = %s"


async def _bodies(conn: Connection) -> list[bytes]:
    return [body for _, body, _ in await kept(conn)]


async def test_a_mail_is_kept_byte_for_byte_with_its_envelope(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    raw = MAIL.encode() + "Grüße ".encode() + b"\xff\x80\0 bare\nlf bare\rcr\r\n.dot\r\n..\r\n"
    raw += b"long " + b"x" * 50_000 + b"\r\n"
    stuffed = raw.replace(b"\r\n.", b"\r\n..")
    async with (
        open_connection() as conn,
        open_mail_house(database_url, tmp_path) as house,
        house.speak() as client,
    ):
        await mail_channel(conn, "help", "help@example.com")
        await house.services.directory.refresh()
        assert (await client.begin("Help@Example.com"))[0].startswith("250")
        assert (await client.give(stuffed)).startswith("250 2.0.0")
        [(name, body, headers)] = await kept(conn)
        assert await count_of(conn, "inbound_queue") == 1
        signature = await (await conn.execute("SELECT signature FROM inbound_events")).fetchone()
    assert (name, body) == ("help", raw)
    assert headers == {
        "x-envelope-from": "ann@example.org",
        "x-envelope-to": "Help@Example.com",
        "x-envelope-peer": "127.0.0.1",
        "x-envelope-helo": "mail.example.org",
        "x-envelope-tls": "",
    }
    assert signature == ("unchecked",)


async def test_only_mailboxes_of_enabled_channels_of_smtp_are_taken(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    token = reply_address("help@example.com", new_id(), b"k" * 32)
    assert token is not None
    async with open_connection() as conn:
        await mail_channel(conn, "help", "help@example.com", "sales@example.com")
        await mail_channel(conn, "post", "post@example.com", provider="postmark")
        await mail_channel(conn, "off", "off@example.com")
        await conn.execute(_DISABLE, ("off",))
        async with open_mail_house(database_url, tmp_path) as house, house.speak() as client:
            answers = await client.begin(
                "help@example.com", "SALES@example.com", token, "post@example.com",
                "off@example.com", "eve@example.net", "help+other@example.com",
            )  # fmt: skip
            assert [answer.partition(" ")[0] for answer in answers] == [
                "250", "250", "250", "550", "450", "550", "550",
            ]  # fmt: skip
            assert answers[3].startswith("550 5.1.1")
            assert (await client.give()).startswith("250")
        [(_, _, headers)] = await kept(conn)
    assert headers["x-envelope-to"] == f"help@example.com, SALES@example.com, {token}"


async def test_a_mail_for_two_channels_is_an_event_of_each(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn:
        await mail_channel(conn, "help", "help@example.com")
        await mail_channel(conn, "sales", "sales@example.com")
        async with open_mail_house(database_url, tmp_path) as house:
            for _ in range(2):  # who heard no answer says it again
                async with house.speak() as client:
                    await client.begin("help@example.com", "sales@example.com")
                    assert (await client.give()).startswith("250")
        found = await kept(conn)
    assert [(name, headers["x-envelope-to"]) for name, _, headers in found] == [
        ("help", "help@example.com"),
        ("sales", "sales@example.com"),
    ]


async def test_a_channel_that_is_added_or_given_an_address_is_known_at_the_next_look(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with (
        open_connection() as conn,
        open_mail_house(database_url, tmp_path) as house,
        house.speak() as client,
    ):
        channel = await mail_channel(conn, "help", "help@example.com")
        await house.services.directory.refresh()
        assert (await client.begin("sales@example.com"))[0].startswith("550")
        await conn.execute(
            "INSERT INTO channel_addresses (customer_id, channel_id, value)"
            " VALUES (1, %s, 'sales@example.com')", (channel.id,)
        )  # fmt: skip
        await house.services.directory.refresh()
        assert (await client.say("RCPT TO:<sales@example.com>")).startswith("250")


@pytest.mark.parametrize(
    "end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\n\n.\r\n", b"\r\n.\r", b"\r\n\0.\r\n"]
)
async def test_only_its_true_end_ends_a_mail(
    end: bytes, database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    """What others take for an end would be a second mail, smuggled in by the first."""
    smuggled = b"MAIL FROM:<eve@example.net>\r\nRCPT TO:<help@example.com>\r\nDATA\r\nevil"
    raw = MAIL.encode() + b"before" + end + smuggled + b"\r\n"
    async with open_connection() as conn:
        await mail_channel(conn, "help", "help@example.com")
        async with open_mail_house(database_url, tmp_path) as house, house.speak() as client:
            await client.begin("help@example.com")
            assert (await client.give(raw)).startswith("250")
            assert (await client.say("NOOP")).startswith("250")
        [body] = await _bodies(conn)
    assert body == raw.replace(b"\r\n.", b"\r\n")  # as from every line that begins with one


async def test_an_end_is_found_wherever_it_falls_in_what_is_read_at_once(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    lengths = [*range(65_520, 65_545), 1, 2, 3]
    mails = [b"A: b\r\n\r\n" + b"." * length + b"\r\n" for length in lengths]
    async with open_connection() as conn:
        await mail_channel(conn, "help", "help@example.com")
        async with open_mail_house(database_url, tmp_path) as house, house.speak() as client:
            for mail in mails:
                await client.begin("help@example.com")
                assert (await client.give(mail.replace(b"\r\n.", b"\r\n.."))).startswith("250")
        assert sorted(await _bodies(conn)) == sorted(mails)


async def test_everything_may_be_said_at_once(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn:
        await mail_channel(conn, "help", "help@example.com")
        async with open_mail_house(database_url, tmp_path) as house, house.speak() as client:
            offered = await client.say("EHLO mail.example.org")
            assert "250-SIZE 100000" in offered
            assert {"PIPELINING", "8BITMIME", "SMTPUTF8"} <= {
                line[4:] for line in offered.splitlines()
            }
            assert "AUTH" not in offered
            assert "STARTTLS" not in offered
            envelope = b"MAIL FROM:<a@example.org>\r\nRCPT TO:<help@example.com>\r\nDATA\r\n"
            client.writer.write(envelope)
            answers = [await client.hear() for _ in range(3)]
            assert [answer[:3] for answer in answers] == ["250", "250", "354"]
            client.writer.write(MAIL.encode() + b".\r\n" + envelope)
            answers = [await client.hear() for _ in range(4)]
            assert [answer[:3] for answer in answers] == ["250", "250", "250", "354"]
            assert (await client.say(b".")).startswith("250")
            assert (await client.say("QUIT")).startswith("221")
        assert await _bodies(conn) == [MAIL.encode(), b""]


async def test_a_mail_that_is_too_large_is_refused_and_the_next_is_not(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn:
        await mail_channel(conn, "help", "help@example.com")
        async with open_mail_house(database_url, tmp_path) as house, house.speak() as client:
            assert (await client.say("EHLO mail.example.org")).startswith("250")
            told = f"MAIL FROM:<a@example.org> SIZE={MOST_BYTES + 1}"
            assert (await client.say(told)).startswith("552")
            await client.begin("help@example.com")
            assert (await client.give(b"x" * MOST_BYTES + b"\r\n")).startswith("552 5.3.4")
            await client.begin("help@example.com")
            largest = b"a: b\r\n\r\n" + b"x" * (MOST_BYTES - 10) + b"\r\n"
            assert (await client.give(largest)).startswith("250")
        assert await _bodies(conn) == [largest]


async def test_what_is_received_at_once_is_bounded(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn:
        await mail_channel(conn, "help", "help@example.com")
        house_of = open_mail_house(database_url, tmp_path, most_unfinished_bytes=1_000)
        async with house_of as house, house.speak() as client:
            await client.begin("help@example.com")
            assert (await client.give(b"x" * 2_000 + b"\r\n")).startswith("451 4.3.0")
            await client.begin("help@example.com")
            assert (await client.give()).startswith("250")
        assert await _bodies(conn) == [MAIL.encode()]


async def test_a_mail_in_a_circle_ends_here(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    hops = "Received: from a by b\r\n" * 51
    async with open_connection() as conn:
        await mail_channel(conn, "help", "help@example.com")
        async with open_mail_house(database_url, tmp_path) as house, house.speak() as client:
            await client.begin("help@example.com")
            assert (await client.give(hops + MAIL)).startswith("554 5.4.6")
            await client.begin("help@example.com")
            assert (await client.give(hops[23:] + MAIL)).startswith("250")
        assert len(await _bodies(conn)) == 1


async def test_a_hundred_recipients_are_taken_and_no_more(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    many = [f"box{number}@example.com" for number in range(101)]
    async with open_connection() as conn:
        await mail_channel(conn, "many", *many)
        async with open_mail_house(database_url, tmp_path) as house, house.speak() as client:
            answers = await client.begin(*many)
            assert {answer[:3] for answer in answers[:100]} == {"250"}
            assert answers[100].startswith("452 4.5.3")
            assert (await client.give()).startswith("250")


async def test_who_names_one_stranger_after_the_other_is_sent_away(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn:
        await mail_channel(conn, "help", "help@example.com")
        async with open_mail_house(database_url, tmp_path) as house, house.speak() as client:
            answers = await client.begin(*(f"guess{number}@example.com" for number in range(21)))
            assert {answer[:3] for answer in answers[:20]} == {"550"}
            assert answers[20].startswith("421")
            assert await client.hear() == ""


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("DATA", "503"), ("RCPT TO:<help@example.com>", "503"), ("AUTH PLAIN AGEAYg==", "500"),
        ("AUTH LOGIN", "500"), ("EXPN help", "500"), ("VRFY help@example.com", "252"),
        ("MAIL FROM:<a@b", "553"), ("MAIL FROM:a@b", "553"), ("MAIL FROM:<a@b> X=1", "555"),
        ("MAIL", "501"), ("MAIL FROM:<a b@c>", "553"), ("BDAT 10 LAST", "500"), ("", "500"),
        ("STARTTLS", "454"), ("\xff\xfe", "500"), ("TURN", "500"), ("HELP", "500"),
        ("MAIL FROM:<>", "250"), ('MAIL FROM:<"a b\\"c"@example.org>', "250"),
        ("MAIL FROM:<@relay.example.org:ann@example.org>", "250"),
        ("MAIL FROM:<jürgen@example.org> SMTPUTF8 BODY=8BITMIME SIZE=10", "250"),
        ("MAIL FROM:<a@b> " + "x" * 3_000, "500"), ("x" * 200_000, "500"),
    ],
)  # fmt: skip
async def test_whatever_is_said_is_answered(
    line: str, code: str, database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn:
        await mail_channel(conn, "help", "help@example.com")
        async with open_mail_house(database_url, tmp_path) as house, house.speak() as client:
            assert (await client.say("EHLO mail.example.org")).startswith("250")
            raw = line.encode("latin-1") if line.startswith("\xff") else line
            assert (await client.say(raw))[:3] == code
            assert (await client.say("NOOP")).startswith("250")


async def test_whatever_a_path_is_made_of_it_is_answered(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = Random(5)  # noqa: S311
    pieces = [
        b"<",
        b">",
        b"@",
        b'"',
        b"\\",
        b":",
        b" ",
        b",",
        b"a",
        b"\0",
        b"\xff",
        b"(",
        b"[",
        b"=",
    ]
    async with open_mail_house(database_url, tmp_path) as house:
        for _ in range(20):
            async with house.speak() as client:
                await client.say("EHLO mail.example.org")
                for verb in (b"MAIL FROM:", b"RCPT TO:", b"HELO ", b"VRFY ") * 10:
                    line = verb + b"<" + b"".join(rng.choices(pieces, k=rng.randrange(20)))
                    assert (await client.say(line))[:1] in ("2", "5", "4"), line
                    await client.say("RSET")
                assert (await client.say("QUIT")).startswith("221")
    assert "smtp_command_failed" not in capsys.readouterr().out


async def test_mail_is_spooled_while_the_database_is_away_and_drained_later(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn:
        await mail_channel(conn, "help", "help@example.com")
        async with open_mail_house(database_url, tmp_path) as house:
            async with database_away(database_url), house.speak() as client:
                await client.begin("help@example.com")
                assert (await client.give()).startswith("250")
                assert house.services.spooling.figures.rows == 1

                async def is_to_come_again() -> bool:
                    """Whether there is such a mailbox, nobody can say once that is noticed."""
                    async with house.speak() as other:
                        [answer] = await other.begin("new@example.com")
                    return answer.startswith("451 4.3.0")

                await until(is_to_come_again)

            async def is_drained() -> bool:
                async with open_connection() as later:
                    return await _bodies(later) == [MAIL.encode()]

            await until(is_drained)


async def test_a_server_that_never_saw_the_database_takes_mail_and_the_next_one_drains_it(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    async with open_connection() as conn:
        await mail_channel(conn, "help", "help@example.com", "sales@example.com")
    async with open_mail_house(database_url, tmp_path):
        pass  # it leaves its copy of the channels
    async with (
        database_away(database_url),
        open_mail_house(database_url, tmp_path, is_database_there=False) as house,
        house.speak() as client,
    ):
        await client.begin("help@example.com", "sales@example.com")
        assert (await client.give()).startswith("250")

    async def is_drained() -> bool:
        async with open_connection() as later:
            return await _bodies(later) == [MAIL.encode()]

    async with open_mail_house(database_url, tmp_path):
        await until(is_drained)


async def test_what_neither_database_nor_spool_takes_is_to_be_sent_again(
    database_url: str, open_connection: OpenConnection, tmp_path: Path
) -> None:
    before = _unavailable()
    async with open_connection() as conn:
        await mail_channel(conn, "help", "help@example.com")
        await mail_channel(conn, "sales", "sales@example.com")
        async with open_mail_house(database_url, tmp_path) as house, house.speak() as client:
            await client.begin("help@example.com", "sales@example.com")
            house.services.group_commit.close()
            assert (await client.give()).startswith("451 4.3.0")
            assert (await client.say("NOOP")).startswith("250")
        assert await _bodies(conn) == []
    assert _unavailable() == before + 1


def _unavailable() -> float:
    return REGISTRY.get_sample_value("smtp_mails_total", {"result": "unavailable"}) or 0

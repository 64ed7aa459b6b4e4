"""Exchanges of mails with people who use real mail programs: what comes to be one conversation.

From raw mails, as Postmark posts them, to rows; what we send is queued as agents do.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
import pytest
from conftest import OpenConnection
from flows import OWN_EMAIL, record, values, work
from mail_clients import CLIENTS, Letter, MailClient
from sending import answer, sending_channel

from app.ids import new_id
from domain.channel import Channel
from domain.outbound import own_message_id
from domain.reply_address import reply_address
from store.channels import set_channel
from store.database import Connection

ANN, ANN_AT_HOME = "Ann Lee <ann@example.org>", "Ann <ann.lee@home.example>"
BEN, EVE = "Ben <ben@example.org>", "eve@example.net"
KEY = b"k" * 32
_SAID = "It left on Monday."
_TOGETHER = b"""
    SELECT string_agg(m.name, ' ' ORDER BY m.name)
    FROM (
        SELECT conversation_id, coalesce(provider_message_id, 'us') AS name FROM messages
    ) AS m
    GROUP BY m.conversation_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """A mail of ours: its Message-ID, what it refers to, and where answers go."""

    message_id: str
    references: tuple[str, ...]
    reply_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Mails that go to and fro; everybody else uses the same mail program."""

    conn: Connection
    url: str
    channel: Channel
    client: MailClient

    async def mail(
        self,
        name: str,
        sender: str = ANN,
        *,
        to: Sequence[str] = (f"Help <{OWN_EMAIL}>",),
        cc: Sequence[str] = (),
        subject: str = "Order",
        in_reply_to: str | None = None,
        references: Sequence[str] = (),
        quoted: str | None = None,
        minute: int = 0,
    ) -> str:
        """Let a mail come in; return its Message-ID."""
        message_id = self.client.message_id(name)
        letter = Letter(
            message_id=message_id,
            sender=sender,
            to=to,
            cc=cc,
            subject=subject,
            text=f"Text of {name}.",
            in_reply_to=in_reply_to,
            references=references,
            quoted=quoted,
            minute=minute,
        )
        posted = {"MessageID": name, "RawEmail": self.client.write(letter).decode()}
        await record(self.conn, self.channel, msgspec.json.encode(posted))
        assert await work(self.url) == 1
        return message_id

    async def reply(self, ours: Ours, name: str, sender: str = ANN, **changed: object) -> str:
        """Let a mail of ours be answered, as mail programs do, but for what is `changed`."""
        fields: dict[str, object] = {
            "subject": f"{self.client.re}Order",
            "to": (f"Help <{ours.reply_to}>",),
            "in_reply_to": ours.message_id,
            "references": (*ours.references, ours.message_id),
            "quoted": _SAID,
            "minute": 2,
        }
        return await self.mail(name, sender, **(fields | changed))  # pyright: ignore[reportArgumentType]

    async def answer(self, name: str, *known: str) -> Ours:
        """Answer in the conversation of a mail, which refers to what is `known` of it."""
        query = b"SELECT conversation_id::text FROM messages WHERE provider_message_id = %s"
        [conversation] = await values(self.conn, query, name)
        queued = await answer(self.conn, str(conversation), _SAID)
        reply_to = reply_address(OWN_EMAIL, queued.message_id, KEY)
        assert reply_to
        return Ours(
            message_id=own_message_id(queued.message_id, OWN_EMAIL),
            references=known,
            reply_to=reply_to,
        )

    async def answered_question(self) -> Ours:
        return await self.answer("question", await self.mail("question"))


async def _plain_answer(exchange: Exchange) -> None:
    await exchange.reply(await exchange.answered_question(), "reply")


async def _plain_answer_to_the_mailbox(exchange: Exchange) -> None:
    ours = replace(await exchange.answered_question(), reply_to=OWN_EMAIL)
    await exchange.reply(ours, "reply")


async def _to_and_fro(exchange: Exchange) -> None:
    first = await exchange.answered_question()
    reply = await exchange.reply(first, "reply")
    second = await exchange.answer("reply", *first.references, first.message_id, reply)
    await exchange.reply(second, "thanks", minute=4)


async def _whoever_was_copied_answers_all(exchange: Exchange) -> None:
    ours = replace(await exchange.answered_question(), reply_to=OWN_EMAIL)
    reply = await exchange.reply(ours, "reply", cc=(BEN,))
    seen = (*ours.references, ours.message_id)
    await exchange.reply(
        ours, "from-ben", BEN, cc=(ANN,), in_reply_to=reply, references=(*seen, reply), minute=3
    )


async def _forwarded_to_somebody_who_writes_to_us(exchange: Exchange) -> None:
    """Ann forwards our mail; we never see that, and Ben takes no part yet."""
    ours = replace(await exchange.answered_question(), reply_to=OWN_EMAIL)
    forwarded = exchange.client.message_id("forwarded")
    seen = (*ours.references, ours.message_id)
    await exchange.reply(
        ours, "from-ben", BEN, in_reply_to=forwarded, references=(*seen, forwarded)
    )


async def _forwarded_with_its_reply_address(exchange: Exchange) -> None:
    """Ben answers to where Ann was to answer: she gave it to him."""
    ours = await exchange.answered_question()
    forwarded = exchange.client.message_id("forwarded")
    await exchange.reply(ours, "from-ben", BEN, in_reply_to=forwarded, references=(forwarded,))


async def _another_mail_is_forwarded_to_us(exchange: Exchange) -> None:
    await exchange.answered_question()
    shop = "order-confirmed@shop.example"
    subject = f"{exchange.client.fwd}Order"
    await exchange.mail(
        "forward", subject=subject, in_reply_to=shop, references=(shop,), quoted=_SAID, minute=2
    )


async def _another_subject(exchange: Exchange) -> None:
    ours = replace(await exchange.answered_question(), reply_to=OWN_EMAIL)
    await exchange.reply(ours, "reply", subject="Now about the invoice")


async def _the_same_subject_anew(exchange: Exchange) -> None:
    await exchange.answered_question()
    await exchange.mail("again", subject=f"{exchange.client.re}Order", minute=2)


async def _in_reply_to_alone(exchange: Exchange) -> None:
    ours = replace(await exchange.answered_question(), reply_to=OWN_EMAIL)
    await exchange.reply(ours, "reply", references=())


async def _references_alone(exchange: Exchange) -> None:
    ours = replace(await exchange.answered_question(), reply_to=OWN_EMAIL)
    await exchange.reply(ours, "reply", in_reply_to=None)


async def _reply_address_alone(exchange: Exchange) -> None:
    ours = await exchange.answered_question()
    await exchange.reply(ours, "reply", ANN_AT_HOME, in_reply_to=None, references=())


async def _forged_reply_address(exchange: Exchange) -> None:
    await exchange.answered_question()
    forged = reply_address(OWN_EMAIL, new_id(), b"f" * 32)
    await exchange.mail("forged", EVE, to=(f"{forged}",), minute=2)


async def _stranger_who_knows_a_message_id(exchange: Exchange) -> None:
    ours = replace(await exchange.answered_question(), reply_to=OWN_EMAIL)
    await exchange.reply(ours, "intruder", EVE)


async def _the_answer_comes_before_the_question(exchange: Exchange) -> None:
    question = exchange.client.message_id("question")
    subject = f"{exchange.client.re}Order"
    await exchange.mail(
        "more", subject=subject, in_reply_to=question, references=(question,), minute=1
    )
    await exchange.mail("question")


_EXCHANGES: Mapping[Callable[[Exchange], Awaitable[None]], set[str]] = {
    _plain_answer: {"question us reply"},
    _plain_answer_to_the_mailbox: {"question us reply"},
    _to_and_fro: {"question us reply us thanks"},
    _whoever_was_copied_answers_all: {"question us reply from-ben"},
    _forwarded_to_somebody_who_writes_to_us: {"question us", "from-ben"},
    _forwarded_with_its_reply_address: {"question us from-ben"},
    _another_mail_is_forwarded_to_us: {"question us", "forward"},
    _another_subject: {"question us reply"},
    _the_same_subject_anew: {"question us", "again"},
    _in_reply_to_alone: {"question us reply"},
    _references_alone: {"question us reply"},
    _reply_address_alone: {"question us reply"},
    _forged_reply_address: {"question us", "forged"},
    _stranger_who_knows_a_message_id: {"question us", "intruder"},
    _the_answer_comes_before_the_question: {"question more"},
}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(
    ("exchange", "expected"),
    _EXCHANGES.items(),
    ids=[exchange.__name__.lstrip("_") for exchange in _EXCHANGES],
)
async def test_what_comes_to_be_one_conversation(
    database_url: str,
    open_connection: OpenConnection,
    client: str,
    exchange: Callable[[Exchange], Awaitable[None]],
    expected: set[str],
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn, "help", "email", provider="postmark")
        channel = replace(channel, reply_key=KEY)
        await set_channel(conn, channel)
        await exchange(
            Exchange(conn=conn, url=database_url, channel=channel, client=CLIENTS[client])
        )
        found = {str(names) for names in await values(conn, _TOGETHER)}
    assert found == {" ".join(sorted(names.split())) for names in expected}

"""What webhooks did not bring is had from the provider's list, for each provider that has one.

The provider is played by respx with the lists of simulation/lists; all else is ours and real.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import httpx
import pytest
import respx
from flows import count_of, values
from rebuilding import rebuild_config
from whole_house import SECRET_KEY, ChannelPlan, House, open_house, url_of

from app.clock import utc_now
from app.ids import new_id
from domain.channel import Channel
from domain.message import Attachment, InboundMessage, Recipient
from domain.sealing import Sealer
from providers import LISTERS
from simulation import PLAYED, PLAYED_LISTERS
from store.channels import find_channel
from store.database import Connection, connect
from store.rebuild import Scope
from store.reconciliations import find_coverage, hold_channel
from worker.listing.config import ListingConfig
from worker.listing.list_messages import MessageList
from worker.listing.reconcile import span_of, take_list
from worker.rebuild.rebuild import rebuild
from worker.sending.provider_request import open_client

_OWN = "+14155550199"
_ACCOUNTS = {"infobip": "abc.api.infobip.com", "sinch": "plan", "telnyx": "", "twilio": "AC1"}
_TEXTS = b"""
    SELECT m.provider_message_id || ' ' || m.kind || ' ' || b.text
    FROM messages AS m
    JOIN bodies AS b ON b.customer_id = m.customer_id AND b.hash = m.body_hash
    ORDER BY m.provider_message_id
"""
each_lister = pytest.mark.parametrize("provider", sorted(LISTERS))


@dataclass(slots=True, kw_only=True)
class _Provider:
    """A provider who has all of `came`, whatever we were told of it."""

    name: str
    channel: Channel
    came: list[InboundMessage]

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert "authorization" in request.headers
        url, played = str(request.url), PLAYED_LISTERS[self.name]
        answer = played.list_answer(url, self.came, self.channel, utc_now())
        if LISTERS[self.name].LISTS_ONCE:
            self.came = self.came[100:]
        return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.body)


@asynccontextmanager
async def _house(database_url: str, provider: str) -> AsyncGenerator[tuple[House, Connection]]:
    plan = ChannelPlan(
        name="text",
        provider=provider,
        kind="sms",
        own_address=_OWN,
        credential="a token",
        account=_ACCOUNTS[provider] or None,
    )
    async with (
        open_house(database_url, (plan,), {}) as house,
        await connect(database_url, "tests") as conn,
    ):
        yield house, conn


def _messages(count: int) -> list[InboundMessage]:
    """Write messages of the last hour; the last one has a picture."""
    now = utc_now()
    texts = [
        InboundMessage(
            kind="sms",
            provider_message_id=f"SM{number:032x}",
            sender=f"+1415555{number:04}",
            recipients=(Recipient(role="to", address=_OWN),),
            body=f"Text {number} 👋",
            sent_at=(now - timedelta(minutes=count - number)).replace(microsecond=0),
        )
        for number in range(count)
    ]
    picture = Attachment(url="https://media.example.com/1", content_type="image/png")
    return [*texts[:-1], replace(texts[-1], kind="mms", attachments=(picture,))]


async def _post(house: House, messages: Sequence[InboundMessage]) -> None:
    channel = house.channels["text"]
    for message in messages:
        played = PLAYED[channel.provider]
        delivery = played.compose(message, channel, url_of(channel), utc_now())
        assert (await house.post(delivery)).is_success


async def _reconcile(conn: Connection, provider: _Provider) -> MessageList:
    async with open_client(1, 5.0) as client:
        config = ListingConfig(
            client=client,
            providers=LISTERS,
            sealer=Sealer(SECRET_KEY),
            clock=utc_now,
            new_id=new_id,
        )
        stored = await find_channel(conn, 1, provider.channel.id)
        assert stored is not None
        channel = stored.open(config.sealer)
        hold = await hold_channel(conn, channel, 60)
        assert hold is not None
        lister = LISTERS[provider.name]
        span = span_of(await find_coverage(conn, channel), lister, config)
        found = MessageList(
            config=config, provider=lister, channel=channel, since=span.since, hold=hold
        )
        async for _ in take_list(conn, found, hold, span):
            pass
        return found


@each_lister
async def test_what_was_missed_is_there_once_and_nothing_twice(
    database_url: str, provider: str
) -> None:
    came = _messages(7)
    async with _house(database_url, provider) as (house, conn):
        keeper = _Provider(name=provider, channel=house.channels["text"], came=list(came))
        with respx.mock(assert_all_called=False) as network:
            network.route(host__regex=LISTERS[provider].LIST_HOSTS.pattern).mock(
                side_effect=keeper.answer
            )
            await _post(house, came[1:4])
            found = await _reconcile(conn, keeper)
            assert found.failed is None
            assert (found.listed, found.new) == (7, 4)
            await _post(house, came)  # a webhook that comes later finds it there
            again = await _reconcile(conn, keeper)
            assert again.new == 0
            await house.work()
            await _fetch_all(house, keeper)
        assert set(await house.event_statuses()) == {"processed"}
        assert await count_of(conn, "inbound_events") == 7
        assert await values(conn, _TEXTS) == [
            f"{message.provider_message_id} {message.kind} {message.body}" for message in came
        ]
        assert await count_of(conn, "attachments") == 1
        assert (await rebuild(rebuild_config(database_url), Scope(customer_id=1))).is_equal


async def _fetch_all(house: House, keeper: _Provider) -> None:
    """Let media be fetched of which a list did not tell."""
    media = f"https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/SM{6:032x}/Media.json"
    if keeper.name == "twilio":
        played = PLAYED_LISTERS["twilio"]
        await house.work({media: played.list_answer(media, keeper.came, keeper.channel, utc_now())})


@each_lister
async def test_attention_follows_our_clock_and_the_thread_the_providers(
    database_url: str, provider: str
) -> None:
    came = _messages(3)[:2]
    # Long ago at the provider, and in the thread before what came by webhook.
    missed = replace(came[0], sent_at=utc_now().replace(microsecond=0) - timedelta(hours=5))
    answered = replace(came[1], sender=missed.sender, sent_at=utc_now().replace(microsecond=0))
    async with _house(database_url, provider) as (house, conn):
        began = utc_now()
        await _post(house, [answered])
        await house.work()
        keeper = _Provider(name=provider, channel=house.channels["text"], came=[missed])
        with respx.mock() as network:
            network.route(host__regex=LISTERS[provider].LIST_HOSTS.pattern).mock(
                side_effect=keeper.answer
            )
            assert (await _reconcile(conn, keeper)).new == 1
        await house.work()
        query = b"""
            SELECT provider_message_id, received_at >= %s, sent_at
            FROM messages ORDER BY sent_at
        """
        rows = await (await conn.execute(query, (began,))).fetchall()
        assert [row[0] for row in rows] == [
            missed.provider_message_id,
            answered.provider_message_id,
        ]
        assert all(row[1] for row in rows)
        assert rows[0][2] == missed.sent_at
        query = b"SELECT last_activity_at >= %s, last_message_id FROM conversations"
        newest = b"SELECT id FROM messages ORDER BY received_at DESC LIMIT 1"
        [(is_recent, last)] = await (await conn.execute(query, (began,))).fetchall()
        assert is_recent
        assert [last] == await values(conn, newest)


@each_lister
@pytest.mark.parametrize(("missed", "by_webhook"), [("START", "STOP"), ("STOP", "START")])
async def test_a_word_that_was_missed_undoes_nothing_that_was_said_after_it(
    database_url: str, provider: str, missed: str, by_webhook: str
) -> None:
    """Whoever said STOP last is sent nothing, whatever is listed later; START last lifts it."""
    first, second = _messages(3)[:2]
    second = replace(second, sender=first.sender, body=by_webhook, sent_at=utc_now())
    hour_ago = utc_now().replace(microsecond=0) - timedelta(hours=1)
    came = [replace(first, body=missed, sent_at=hour_ago)]
    async with _house(database_url, provider) as (house, conn):
        await _post(house, [second])
        await house.work()
        keeper = _Provider(name=provider, channel=house.channels["text"], came=came)
        with respx.mock() as network:
            network.route(host__regex=LISTERS[provider].LIST_HOSTS.pattern).mock(
                side_effect=keeper.answer
            )
            assert (await _reconcile(conn, keeper)).new == 1
        await house.work()
        standing = 1 if by_webhook == "STOP" else 0
        assert await count_of(conn, "standing_suppressions") == standing
        assert (await rebuild(rebuild_config(database_url), Scope(customer_id=1))).is_equal


async def test_what_came_to_another_number_goes_to_the_channel_that_has_it(
    database_url: str,
) -> None:
    """Infobip hands out once what came to any number of the account."""
    plans = [
        ChannelPlan(
            name=name,
            provider="infobip",
            kind="sms",
            own_address=number,
            credential="a token",
            account="abc.api.infobip.com",
        )
        for name, number in (("text", _OWN), ("sales", "+14155550188"))
    ]
    to_sales, to_nobody, to_text = (
        replace(message, recipients=(Recipient(role="to", address=number),), attachments=())
        for message, number in zip(
            _messages(3), ("+14155550188", "+14155550177", _OWN), strict=True
        )
    )
    async with (
        open_house(database_url, plans, {}) as house,
        await connect(database_url, "tests") as conn,
    ):
        keeper = _Provider(
            name="infobip", channel=house.channels["text"], came=[to_sales, to_nobody, to_text]
        )
        with respx.mock() as network:
            network.route(host="abc.api.infobip.com").mock(side_effect=keeper.answer)
            assert (await _reconcile(conn, keeper)).new == 3
        query = b"""
            SELECT c.name FROM inbound_events AS e JOIN channels AS c ON c.id = e.channel_id
            ORDER BY e.provider_message_id
        """
        assert await values(conn, query) == ["sales", "text", "text"]

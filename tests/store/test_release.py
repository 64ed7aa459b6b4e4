"""Refused deliveries: why, and let through once the secret was mended. Never twice."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from conftest import OpenConnection
from flows import ANN, NOW, a_channel, an_sms, conversations, count_of, values, work

from app.ids import new_id
from domain.actor import Actor
from domain.channel import Channel
from domain.delivery import Delivery
from domain.errors import Conflict, NotFound
from domain.sealing import Sealer
from domain.signature import explain_signature
from inbox.operations.quarantine import (
    Inspection,
    Inspector,
    Release,
    inspect_quarantined,
    release_quarantined,
)
from providers import REGISTRY
from simulation import PLAYED
from store.channels import StoredChannel, insert_channel
from store.database import Connection
from store.quarantine import quarantine

_URL = "https://inlet.test/webhooks/generic/token"
_SECRET, _OTHER = "whsec_c2VjcmV0IG9uZSBmb3IgdGVzdHM=", "whsec_c2VjcmV0IHR3byBmb3IgdGVzdHM="
_SEALER = Sealer("a secret key of the tests")
_INSPECTOR = Inspector(providers=REGISTRY, sealer=_SEALER)
_OPERATOR = Actor(customer_id=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A channel that knows one secret, and a delivery that was signed with another."""

    conn: Connection
    channel: Channel
    delivery: Delivery
    id: str

    async def mend(self, *secrets: str) -> None:
        """Give the channel these secrets."""
        sealed = _SEALER.seal(secrets, self.channel.secrets_place)
        await self.conn.execute(b"UPDATE channels SET secrets = %b", (sealed,))

    async def inspect(self) -> Inspection:
        return await inspect_quarantined(self.conn, 1, self.id, _INSPECTOR)

    async def release(
        self, conn: Connection | None = None, *, is_unverified: bool = False, customer_id: int = 1
    ) -> Release:
        conn = conn or self.conn
        async with conn.transaction():
            return await release_quarantined(
                conn,
                replace(_OPERATOR, customer_id=customer_id),
                self.id,
                _INSPECTOR,
                reason="the secret was mended",
                is_unverified=is_unverified,
                new_id=new_id,
            )


async def _keep(conn: Connection, channel: Channel, delivery: Delivery) -> str:
    delivery_id = new_id()
    kept = {name: value for name, value in delivery.headers.items() if name != "content-type"}
    await quarantine(
        conn,
        channel,
        delivery,
        delivery_id=delivery_id,
        reason="bad_signature",
        headers=str(kept).replace("'", '"'),
    )
    return delivery_id


@asynccontextmanager
async def _desk(
    open_connection: OpenConnection, provider: str = "generic", method: str = "POST"
) -> AsyncGenerator[Desk]:
    channel = replace(
        a_channel("support"), provider=provider, signature_mode="enforce", secrets=(_OTHER,)
    )
    delivery = PLAYED[provider].compose(an_sms("m-1", body="Grüße"), channel, _URL, NOW)
    if method == "GET":
        url = f"{_URL}?{delivery.body.decode()}"
        signed = explain_signature(
            REGISTRY[provider].signed(
                Delivery(method="GET", url=url, headers={}, body=b"", received_at=NOW),
                (_OTHER,),
                NOW,
            )
        )
        headers = {"x-twilio-signature": signed.expected[0]}
        delivery = replace(delivery, method="GET", url=url, headers=headers, body=b"")
    async with open_connection() as conn:
        sealed = _SEALER.seal((_SECRET,), channel.secrets_place)
        await insert_channel(conn, StoredChannel(channel=channel, sealed_secrets=sealed))
        delivery_id = await _keep(conn, channel, delivery)
        yield Desk(conn=conn, channel=channel, delivery=delivery, id=delivery_id)


@pytest.mark.parametrize(
    ("provider", "method"), [("generic", "POST"), ("twilio", "POST"), ("twilio", "GET")]
)
async def test_it_is_shown_why_and_let_through_once_the_secret_is_mended(
    database_url: str, open_connection: OpenConnection, provider: str, method: str
) -> None:
    async with _desk(open_connection, provider, method) as desk:
        seen = await desk.inspect()
        assert seen.check is not None
        assert not seen.check.is_match
        assert seen.obstacle == "its signature matches none of the channel's secrets"
        assert "Gr" in seen.check.base
        with pytest.raises(Conflict, match="matches none"):
            await desk.release()
        assert await count_of(desk.conn, "inbound_events") == 0

        await desk.mend(_SECRET, _OTHER)
        seen = await desk.inspect()
        assert seen.check is not None
        assert seen.obstacle is None
        assert seen.check.received[0] in seen.check.expected
        done = await desk.release()
        assert (len(done.event_ids), done.known_ids, done.signature) == (1, (), "verified")
        row = b"SELECT (received_at = %s AND signature = 'verified' AND content_type = %s)::text"
        row += b" FROM inbound_events"
        assert await values(desk.conn, row, NOW, desk.delivery.content_type) == ["true"]
        assert await work(database_url) == 1
        (conversation,) = await conversations(desk.conn)
        assert conversation.preview == "Grüße"
        assert ANN in {value for _, value, _ in conversation.participants}


async def test_only_the_age_of_a_signature_is_forgiven(open_connection: OpenConnection) -> None:
    async with _desk(open_connection) as desk:
        await desk.mend(_OTHER)
        late = replace(desk.delivery, received_at=NOW + timedelta(hours=1))
        stale = replace(desk, id=await _keep(desk.conn, desk.channel, late))
        seen = await stale.inspect()
        assert seen.check is not None
        assert seen.check.verdict.reason == "stale_signature"
        assert (seen.check.is_match, seen.obstacle) == (True, None)
        forged = replace(late, body=late.body.replace(b"Hello", b"Hallo") + b" ")
        other = replace(desk, id=await _keep(desk.conn, desk.channel, forged))
        with pytest.raises(Conflict):
            await other.release()
        assert (await stale.release()).signature == "verified"


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_public_url_that_was_mended_counts_too(
    open_connection: OpenConnection, method: str
) -> None:
    async with _desk(open_connection, "twilio", method) as desk:
        await desk.mend(_OTHER)
        wrong = desk.delivery.url.replace("https://inlet.test", "http://10.0.0.1:8080/webhooks/x")
        await desk.conn.execute(b"UPDATE quarantined_deliveries SET url = %s", (wrong,))
        assert (await desk.inspect()).obstacle is not None
        for public_url in ("https://inlet.test", "https://inlet.test/"):
            inspector = replace(_INSPECTOR, public_url=public_url)
            seen = await inspect_quarantined(desk.conn, 1, desk.id, inspector)
            assert seen.obstacle is None
            assert seen.check is not None
            assert seen.check.base.startswith(_URL)


async def test_a_public_url_that_was_changed_later_is_no_obstacle(
    open_connection: OpenConnection,
) -> None:
    async with _desk(open_connection, "twilio") as desk:
        await desk.mend(_OTHER)
        inspector = replace(_INSPECTOR, public_url="https://new.example")
        seen = await inspect_quarantined(desk.conn, 1, desk.id, inspector)
        assert seen.obstacle is None


async def test_nothing_is_released_twice(open_connection: OpenConnection) -> None:
    async with _desk(open_connection) as desk, open_connection() as second:
        await desk.mend(_OTHER)
        outcomes = await asyncio.gather(
            desk.release(), desk.release(second), return_exceptions=True
        )
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "Release"]
        assert await count_of(desk.conn, "inbound_events") == 1
        audited = b"SELECT (action, object_id, detail->>'reason')::text FROM audit"
        assert await values(desk.conn, audited) == [
            f'(quarantine.released,{desk.id},"the secret was mended")'
        ]


async def test_what_arrived_otherwise_meanwhile_is_one_event(
    open_connection: OpenConnection,
) -> None:
    async with _desk(open_connection) as desk:
        again = replace(desk, id=await _keep(desk.conn, desk.channel, desk.delivery))
        await desk.mend(_OTHER)
        first, second = await desk.release(), await again.release()
        assert second.event_ids == second.known_ids == first.event_ids
        assert await count_of(desk.conn, "inbound_events") == 1
        assert await count_of(desk.conn, "inbound_queue") == 1


async def test_it_can_be_let_through_unverified_and_says_so(
    open_connection: OpenConnection,
) -> None:
    async with _desk(open_connection) as desk:
        assert (await desk.release(is_unverified=True)).signature == "failed"
        assert await values(desk.conn, b"SELECT signature FROM inbound_events") == ["failed"]
        assert await values(desk.conn, b"SELECT detail->>'signature' FROM audit") == ["failed"]


async def test_unverified_is_verified_where_it_matches(open_connection: OpenConnection) -> None:
    async with _desk(open_connection) as desk:
        await desk.mend(_OTHER)
        assert (await desk.release(is_unverified=True)).signature == "verified"


async def test_a_cut_body_is_never_released(open_connection: OpenConnection) -> None:
    async with _desk(open_connection) as desk:
        await desk.mend(_OTHER)
        await desk.conn.execute(b"UPDATE quarantined_deliveries SET body = substring(body FOR 9)")
        seen = await desk.inspect()
        assert (seen.check, seen.obstacle) == (None, "its body was too long to be kept whole")
        for is_unverified in (False, True):
            with pytest.raises(Conflict, match="too long"):
                await desk.release(is_unverified=is_unverified)
        assert await count_of(desk.conn, "inbound_events") == 0


async def test_what_nobody_understands_becomes_an_event_all_the_same(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with _desk(open_connection) as desk:
        odd = replace(desk.delivery, body=b"{]")
        other = replace(desk, id=await _keep(desk.conn, desk.channel, odd))
        (event_id,) = (await other.release(is_unverified=True)).event_ids
        assert await work(database_url) == 1
        letters = b"SELECT event_id::text FROM dead_letters"
        assert await values(desk.conn, letters) == [event_id]


async def test_a_secret_key_that_was_changed_is_told(open_connection: OpenConnection) -> None:
    async with _desk(open_connection) as desk:
        other = Inspector(providers=REGISTRY, sealer=Sealer("another key"))
        seen = await inspect_quarantined(desk.conn, 1, desk.id, other)
        assert seen.check is None
        assert seen.obstacle is not None
        assert "SECRET_KEY" in seen.obstacle


async def test_another_customer_finds_nothing(open_connection: OpenConnection) -> None:
    async with _desk(open_connection) as desk:
        with pytest.raises(NotFound):
            await desk.release(customer_id=2)
        with pytest.raises(NotFound):
            await inspect_quarantined(desk.conn, 2, desk.id, _INSPECTOR)

"""Each provider is shown the credential that it asks for, and nobody is shown another's."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
import respx
from conftest import OpenConnection
from flows import a_channel, an_sms, make_channel, record, values, work
from media_fetching import PNG, SEALER, fetch_all_with, kept_content, let_it_be_due, media_config
from media_server import giving

from providers import MEDIA
from store.channels import StoredChannel, insert_channel
from store.database import Connection
from worker.fetching.fetcher import fetch_next_media
from worker.sending.access_token import AccessTokens
from worker.sending.provider_request import open_client

_STATUS = b"SELECT concat_ws(' ', status, attempt_count, error_class) FROM media_fetches ORDER BY 1"


@asynccontextmanager
async def _provider_of(
    conn: Connection, database_url: str, provider: str, url: str, account: str
) -> AsyncGenerator[respx.Router]:
    """Let a message come in on a channel of a provider, which has a credential."""
    generic = await make_channel(conn, "sms")
    channel = replace(
        generic,
        id="01a1fc9a-da3a-752f-a834-57c94498745e",
        name="real",
        token="t" * 32,
        provider=provider,
        own_address="+14155550188",
        account=account or None,
    )
    sealed = SEALER.seal(["user:secret"], channel.credential_place)
    await insert_channel(
        conn, StoredChannel(channel=channel, sealed_secrets=None, sealed_credential=sealed)
    )
    await record(conn, generic, an_sms("m1", kind="mms", attachments=[url]))
    await work(database_url)
    await conn.execute("UPDATE media_fetches SET channel_id = %s", (channel.id,))
    with respx.mock() as router:
        yield router


@pytest.mark.parametrize(
    ("provider", "account", "url", "shown"),
    [
        ("twilio", "AC1", "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1",
            "Basic QUMxOnVzZXI6c2VjcmV0"),
        ("infobip", "abc.api.infobip.com",
            "https://abc.api.infobip.com/whatsapp/1/senders/447/media/1", "App user:secret"),
        ("bandwidth", "1:2", "https://messaging.bandwidth.com/api/v2/users/1/media/a.png",
            "Bearer token-1"),
        ("telnyx", "", "https://us-east-1.telnyxstorage.com/media/abc", None),
        ("plivo", "MA1", "https://media.plivo.com/Account/MA1/Message/1/Media/2", None),
        ("vonage", "key", "https://api-us.nexmo.com/v3/media/1", None),
        ("twilio", "AC1", "https://media.twiliocdn.com/abc", None),
        ("bandwidth", "1:2", "https://media.example.com/a.png", None),
        ("generic", "", "https://api.twilio.com/a", None),
    ],
)  # fmt: skip
async def test_each_provider_is_shown_what_it_asks_for(
    database_url: str, open_connection: OpenConnection, provider: str, account: str, url: str,
    shown: str | None,
) -> None:  # fmt: skip
    """Basic of Twilio, App of Infobip, a token of Bandwidth; others give them to whoever asks.

    Sources: the pages that each adapter's media_credential names.
    """
    async with (
        open_connection() as conn,
        _provider_of(conn, database_url, provider, url, account) as router,
    ):
        if provider == "bandwidth":
            router.post("https://api.bandwidth.com/api/v1/oauth2/token").respond(
                json={"access_token": "token-1", "expires_in": 3600}
            )
        seen: list[str | None] = []
        router.get(url).mock(side_effect=giving(seen))
        await fetch_all_with(conn, media_config(database_url))
        assert seen == [shown]
        assert await kept_content(conn) == PNG


async def test_a_token_that_is_refused_is_asked_for_anew(
    database_url: str, open_connection: OpenConnection
) -> None:
    url = "https://messaging.bandwidth.com/api/v2/users/1/media/a.png"
    async with (
        open_connection() as conn,
        _provider_of(conn, database_url, "bandwidth", url, "1:2") as router,
    ):
        tokens = router.post("https://api.bandwidth.com/api/v1/oauth2/token").mock(
            side_effect=[
                httpx.Response(503),
                httpx.Response(200, json={"access_token": "old", "expires_in": 3600}),
                httpx.Response(200, json={"access_token": "new", "expires_in": 3600}),
            ]
        )
        router.get(url).mock(side_effect=[httpx.Response(401), httpx.Response(200, content=PNG)])
        config = media_config(database_url)
        async with open_client(4, 5.0) as client:
            kept = AccessTokens(client, config.clock)
            for status in ("pending 1 fetch_failed", "pending 2 fetch_refused", "stored 3"):
                assert await fetch_next_media(conn, client, kept, config)
                assert await values(conn, _STATUS) == [status]
                await let_it_be_due(conn)
        assert tokens.call_count == 3


def test_no_credential_is_shown_where_there_is_none() -> None:
    channel = a_channel("sms")
    for provider in MEDIA.values():
        assert provider.media_credential(channel) is None

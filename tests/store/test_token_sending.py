"""Texts leave with an access token where their provider wants one, through the sender itself.

Source: https://dev.bandwidth.com/docs/messaging/createMessage and
https://dev.bandwidth.com/docs/account/credentials/management
"""

import httpx
import respx
from conftest import OpenConnection
from sending import (
    a_conversation,
    answer,
    attempts,
    let_retries_be_due,
    sender_config,
    sending_channel,
    status_of,
)

from worker.sending.sender import drain_sends

TOKEN_URL = "https://api.bandwidth.com/api/v1/oauth2/token"
MESSAGES_URL = "https://messaging.bandwidth.com/api/v2/users/5500/messages"


async def test_a_text_waits_for_its_token_and_leaves_with_it(
    database_url: str, open_connection: OpenConnection
) -> None:
    shown: list[str] = []

    def take(request: httpx.Request) -> httpx.Response:
        shown.append(request.headers["authorization"])
        return httpx.Response(202, json={"id": "m-1"})

    async with open_connection() as conn:
        channel = await sending_channel(conn, provider="bandwidth", account="5500:app-1")
        queued = await answer(conn, await a_conversation(database_url, conn, channel))
        with respx.mock() as provider:
            given = httpx.Response(200, json={"access_token": "t-1", "expires_in": 3600})
            provider.post(TOKEN_URL).mock(side_effect=[httpx.Response(503), given])
            provider.post(MESSAGES_URL).mock(side_effect=take)
            await drain_sends(sender_config(database_url))
            assert (await status_of(conn, queued), shown) == ("queued", [])
            await let_retries_be_due(conn)
            await drain_sends(sender_config(database_url))
        assert (await status_of(conn, queued), shown) == ("sent", ["Bearer t-1"])
        assert await attempts(conn) == ["1 retry 503 no_access_token", "2 sent 202"]


async def test_a_credential_that_gives_no_token_fails_its_text_with_the_reason(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn, provider="bandwidth", account="5500:app-1")
        queued = await answer(conn, await a_conversation(database_url, conn, channel))
        with respx.mock() as provider:
            provider.post(TOKEN_URL).mock(return_value=httpx.Response(401))
            await drain_sends(sender_config(database_url))
        reason = "the provider gives no access token for the channel's credential"
        assert await status_of(conn, queued) == f"failed: {reason}"
        assert await attempts(conn) == ["1 failed 401 no_access_token"]

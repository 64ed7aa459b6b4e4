"""What SendGrid reports of a mail finds it, though no id of SendGrid's is kept with the mail.

Source: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
(`custom_args`, and the sg_message_id of a mail that was dropped: email-providers.md section 4).
"""

import httpx
import msgspec
import respx
from conftest import OpenConnection
from flows import a_mail, record, values, work
from sending import a_conversation, answer, sender_config, sending_channel, status_of

from worker.sending.sender import drain_sends

URL = "https://api.sendgrid.com/v3/mail/send"
_FAILURES = b"SELECT failure_code FROM messages WHERE direction = 'outbound'"


def batch(word: str, arguments: dict[str, str], **more: str) -> bytes:
    event = {
        "event": word,
        "email": "ann@example.org",
        "timestamp": 1730469594,
        "sg_event_id": f"event-{word}",
        "sg_message_id": "filter0093p1las1.9128.5717FB8127.0",
    }
    return msgspec.json.encode([event | more | arguments])


async def test_what_is_reported_finds_the_mail_by_the_argument_that_it_left_with(
    database_url: str, open_connection: OpenConnection
) -> None:
    async with open_connection() as conn:
        channel = await sending_channel(conn, "email", "email", provider="sendgrid")
        conversation = await a_conversation(database_url, conn, channel, a_mail("m1"))
        requests: list[httpx.Request] = []

        def take(request: httpx.Request) -> httpx.Response:
            requests.append(request)
            return httpx.Response(202, headers={"x-message-id": "R14554qsAGSkiKYYviJN34"})

        with respx.mock() as provider:
            provider.post(URL).mock(side_effect=take)
            queued = await answer(conn, conversation)
            assert await drain_sends(sender_config(database_url)) == 1
        assert await status_of(conn, queued) == "sent"
        arguments = msgspec.json.decode(requests[0].content)["custom_args"]

        await record(conn, channel, batch("delivered", arguments))
        await work(database_url)
        assert await status_of(conn, queued) == "delivered"
        await record(conn, channel, batch("open", arguments), batch("open", {}, sg_event_id="e"))
        await work(database_url)
        assert await status_of(conn, queued) == "read"
        matched = b"SELECT message_id IS NOT NULL FROM message_receipts ORDER BY 1"
        assert await values(conn, matched) == [False, True, True]
        bounce = batch("bounce", arguments, type="blocked", reason="550 ann@example.org")
        await record(conn, channel, bounce)
        await work(database_url)
        assert (await status_of(conn, queued)).startswith("failed: the recipient's server")
        assert await values(conn, _FAILURES) == ["blocked"]

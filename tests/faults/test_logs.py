"""What is written about real traffic names things by their ids, and never says what was said.

Markers are planted wherever somebody may put words: texts, addresses, names, headers, URLs, keys
and secrets. None may come back in a log line, at the most talkative level, or in a problem
document.
"""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
from databases import as_owner
from flows import a_channel, a_mail, an_sms, count_of, until, values
from logged_house import LoggedHouse

from app.clock import utc_now
from app.ids import new_id
from domain.api_key import hash_key
from domain.channel import Channel
from domain.message import InboundMessage
from domain.sealing import Sealer
from domain.webhook_url import webhook_url
from simulation import PLAYED
from store.api_keys import insert_key
from store.channels import StoredChannel, insert_channel
from store.database import Connection, connect

_MARKER = "qzqz"
_PHONE = "+14155557937"
_MARKERS = (_MARKER, _PHONE[2:])
_SECRET_KEY = f"{_MARKER}-secret-key-of-the-tests"
_KEY = f"inlet_{_MARKER}_key"
_SECRET = f"whsec_{_MARKER}c2VjcmV0"
_MOST_BODY_BYTES = 4096
# Nobody listens at this port of ours.
_NOWHERE = f"http://127.0.0.1:9/{_MARKER}-path?{_MARKER}=query"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stage:
    """The running house, a client that remembers every answer, and what lies in the database."""

    house: LoggedHouse
    client: httpx.AsyncClient
    conn: Connection
    channels: dict[str, Channel]
    answers: list[httpx.Response]


@asynccontextmanager
async def _stage(database_url: str, folder: Path) -> AsyncGenerator[_Stage]:
    environment = {
        "DATABASE_URL": database_url,
        "SECRET_KEY": _SECRET_KEY,
        "INLET_ADMIN_KEY": f"{_MARKER}-admin-key-of-tests",
        "DATA_DIR": str(folder / "data"),
        "MAX_BODY_BYTES": str(_MOST_BODY_BYTES),
        "MAX_RETRIES": "1",
        "BACKOFF_BASE_MS": "10",
    }
    house = LoggedHouse(folder, environment)
    async with await connect(database_url, "tests") as conn:
        channels = await _furnish(conn)
        answers: list[httpx.Response] = []

        async def remember(answer: httpx.Response) -> None:
            await answer.aread()
            answers.append(answer)

        with house.running():
            client = httpx.AsyncClient(
                base_url=house.url, trust_env=False, event_hooks={"response": [remember]}
            )
            async with client:
                yield _Stage(
                    house=house, client=client, conn=conn, channels=channels, answers=answers
                )


async def _furnish(conn: Connection) -> dict[str, Channel]:
    plain = replace(a_channel(f"{_MARKER} sms"), send_url=_NOWHERE)
    channels = {
        "sms": replace(plain, token=f"token-{_MARKER}-of-sms"),
        "mail": replace(a_channel("mail", "email"), token=f"token-{_MARKER}-of-mail"),
        "strict": replace(
            a_channel("strict"), token=f"token-{_MARKER}-of-strict", signature_mode="enforce"
        ),
        "report": replace(
            a_channel("report"), token=f"token-{_MARKER}-of-report", signature_mode="report"
        ),
    }
    for channel in channels.values():
        sealed = Sealer(_SECRET_KEY).seal((_SECRET,), channel.secrets_place)
        checks = channel.signature_mode != "off"
        await insert_channel(
            conn, StoredChannel(channel=channel, sealed_secrets=sealed if checks else None)
        )
    await insert_key(
        conn,
        customer_id=1,
        key_id=new_id(),
        name=f"{_MARKER} key",
        key_hash=hash_key(_KEY),
        scopes=["admin"],
        agent_id=None,
    )
    return channels


def _said(name: str) -> InboundMessage:
    return replace(
        an_sms(f"{_MARKER}-{name}", _PHONE, body=f"{_MARKER} text of {name}"),
        attachments=(),
    )


async def _post(stage: _Stage, channel: Channel, message: InboundMessage | bytes) -> httpx.Response:
    url = webhook_url(stage.house.url, channel) + f"?{_MARKER}={_MARKER}"
    headers = {"x-marker": f"{_MARKER} header", "authorization": f"Bearer {_MARKER}"}
    if isinstance(message, bytes):
        return await stage.client.post(url, content=message, headers=headers)
    delivery = PLAYED["generic"].compose(message, channel, url, utc_now())
    return await stage.client.post(
        url, content=delivery.body, headers={**dict(delivery.headers), **headers}
    )


async def _send_webhooks(stage: _Stage) -> None:
    sms, strict = stage.channels["sms"], stage.channels["strict"]
    assert (await _post(stage, sms, _said("a"))).is_success
    assert (await _post(stage, sms, _said("a"))).is_success
    mail = a_mail(
        f"{_MARKER}-mail", f"{_MARKER}@example.org", subject=_MARKER, body=f"<b>{_MARKER}"
    )
    assert (await _post(stage, stage.channels["mail"], mail)).is_success
    assert (await _post(stage, strict, _said("unsigned"))).status_code == 401
    assert (await _post(stage, stage.channels["report"], _said("flagged"))).is_success
    for body in (
        b"{",
        json.dumps({"body": _MARKER, "from": [_MARKER]}).encode(),
        json.dumps({"type": _MARKER, "from": _PHONE, "to": [_PHONE], "body": _MARKER}).encode(),
        _MARKER.encode() + b"\x00\xff",
    ):
        await _post(stage, sms, body)
    assert (await _post(stage, sms, _MARKER.encode() * 2000)).status_code == 413
    unknown = replace(sms, token=f"{_MARKER}-unknown-token")
    assert (await _post(stage, unknown, _said("lost"))).status_code == 404
    put = await stage.client.put(webhook_url(stage.house.url, sms), content=_MARKER)
    assert put.status_code == 405
    beyond = f"{webhook_url(stage.house.url, sms)}/beyond"
    assert (await stage.client.get(beyond)).status_code == 404


async def _ask(stage: _Stage) -> None:
    admin = {"authorization": f"Bearer {_KEY}"}
    client = stage.client
    [conversation_id] = await values(
        stage.conn,
        b"SELECT id FROM conversations WHERE channel_id = %s",
        stage.channels["sms"].id,
    )
    path = f"/api/conversations/{conversation_id}"
    for body in ({"body": f"{_MARKER} reply"}, {"body": [_MARKER]}, {"to": _MARKER}):
        await client.post(f"{path}/messages", json=body, headers=admin)
    await client.patch(path, json={"status": _MARKER}, headers=admin)
    await client.post(f"{path}/notes", json={"body": _MARKER, "to": 1}, headers=admin)
    for query in (f"status={_MARKER}", f"cursor={_MARKER}", f"q={_MARKER}&limit={_MARKER}"):
        await client.get(f"/api/conversations?{query}", headers=admin)
        await client.get(f"/api/search?{query}", headers=admin)
        await client.get(f"/api/ops/events?{query}", headers=admin)
    wrong = {"authorization": f"Bearer {_MARKER}"}
    assert (await client.get("/api/conversations", headers=wrong)).status_code == 401
    assert (await client.get("/api/ops/now", headers=wrong)).status_code in (401, 404)
    await client.post("/inbox/login", data={"key": _MARKER, "next": f"/{_MARKER}"})
    await client.get(f"/inbox?q={_MARKER}")


async def test_no_log_line_and_no_problem_document_says_what_was_said(
    database_url: str, tmp_path: Path
) -> None:
    async with _stage(database_url, tmp_path) as stage:
        await _send_webhooks(stage)
        await until(_is_all_done(stage.conn))
        await _ask(stage)
        await until(_has_tried_to_send(stage.conn))
        await _cut_connections(database_url, stage.conn)
        assert (await _post(stage, stage.channels["sms"], _said("later"))).is_success
        await until(_is_all_done(stage.conn))
        problems = [answer for answer in stage.answers if answer.status_code >= 400]
        lines = stage.house.lines()
        flagged = _line_of(lines, "signature_flagged")
        assert flagged["request_id"] in {answer.headers["x-request-id"] for answer in stage.answers}
        assert flagged["channel_id"] == stage.channels["report"].id
    assert len(problems) >= 10
    assert [answer.text for answer in problems if _says(answer.text)] == []
    text = stage.house.text()
    assert [line for line in text.splitlines() if _says(line)] == []
    assert len(stage.house.lines()) >= 10


async def test_lines_about_an_event_name_it_its_channel_and_the_attempt(
    database_url: str, tmp_path: Path
) -> None:
    async with _stage(database_url, tmp_path) as stage:
        await _post(stage, stage.channels["sms"], b"not what is documented")
        await until(_is_all_done(stage.conn))
        [event_id] = await values(stage.conn, b"SELECT event_id FROM dead_letters")
        kept = _line_of(stage.house.lines(), "delivery_kept")
        assert kept["event_ids"] == [event_id]
        unreadable = _line_of(stage.house.lines(), "delivery_unreadable")
        assert unreadable["channel_id"] == stage.channels["sms"].id
        assert unreadable["request_id"] == stage.answers[-1].headers["x-request-id"]

        async def is_said() -> bool:
            return any(line["event"] == "event_failed" for line in stage.house.lines())

        await until(is_said)
        line = _line_of(stage.house.lines(), "event_failed")
        named = (line["event_id"], line["channel_id"], line["attempt"], line["error_class"])
        assert named == (event_id, stage.channels["sms"].id, 1, "unreadable")


def _says(text: str) -> bool:
    return any(marker in text.lower() for marker in _MARKERS)


def _line_of(lines: Sequence[dict[str, Any]], event: str) -> dict[str, Any]:
    return next(line for line in lines if line["event"] == event)


def _is_all_done(conn: Connection) -> Callable[[], Awaitable[bool]]:
    async def is_all_done() -> bool:
        return await count_of(conn, "inbound_queue") == 0

    return is_all_done


def _has_tried_to_send(conn: Connection) -> Callable[[], Awaitable[bool]]:
    async def has_tried() -> bool:
        return await count_of(conn, "outbound_attempts") > 0

    return has_tried


async def _cut_connections(database_url: str, kept: Connection) -> None:
    async with await connect(as_owner(database_url), "tests") as owner:
        await owner.execute(
            b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            b" WHERE pid NOT IN (pg_backend_pid(), %s) AND datname = current_database()",
            (kept.info.backend_pid,),
        )

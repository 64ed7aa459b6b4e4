"""`python -m bench.screenshots`: takes the pictures of the pages in docs/screenshots/.

A database is filled through the webhooks and the API, as customers and agents would.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import httpx
from playwright.async_api import Browser, Page

from app.clock import utc_now
from app.embedded_postgres import embedded_postgres
from app.ids import new_id, new_key
from app.listener import listening_socket
from app.simulated_provider import simulated_provider
from bench.browser import chromium, find_chromium
from bench.databases import CUSTOMER_ID, add_channel, fresh_database
from bench.processes import HOST, web_server, worker_process
from domain.api_key import hash_key
from domain.body_format import guess_format
from domain.channel import Channel, ChannelKind
from domain.message import InboundMessage, Recipient, ThreadHeaders
from simulation import PLAYED
from simulation.counterpart import Manners
from simulation.delivering import compose_delivery, post
from simulation.send_url import send_url
from simulation.stories import STORIES, Story
from store.agents import insert_agent
from store.api_keys import insert_key
from store.channels import set_channel
from store.database import connect

_FOLDER = Path(__file__).parent.parent / "docs" / "screenshots"
_WIDE, _PHONE = (1280, 800), (390, 844)
_AGENTS = ("Maya Okafor", "Jonas Lindqvist", "Sara Haddad")
_APART = timedelta(minutes=17)
_PATIENCE_SECONDS = 30.0
_READ_FROM = b"UPDATE agents SET read_from = '2000-01-01'"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What an agent does about somebody's story, after `lines` of it."""

    who: str
    agent: int = 0
    lines: int = 9
    tags: tuple[str, ...] = ()
    note: str = ""
    reply: str = ""
    then: int = 0
    change: tuple[tuple[str, Any], ...] = ()
    is_assigned: bool = True


_DONE = (
    _Work(who="Farid Haddad", agent=2, reply="We will tell him, thank you!",
        change=(("status", "closed"),)),
    _Work(who="Lena Eriksen", agent=2, change=(("status", "snoozed"),), is_assigned=False),
    _Work(who="Jonas Bauer", lines=1, tags=("delivery",), is_assigned=False),
    _Work(who="Wanjiru Kim", agent=1, tags=("samples",),
        reply="Two samples are in the post: navy and petrol, so that you can compare."),
    _Work(who="Mateo García", agent=2, tags=("sales",), change=(("status", "pending"),)),
    _Work(who="Hiro Tanaka", lines=1, agent=1, then=1,
        reply="Here is page 3: https://shop.example.com/guides/shelf-3"),
    _Work(who="Priya Singh", lines=1, tags=("returns",), then=1,
        reply="Hello Priya,\n\nthe label is attached. Drop the parcel at any post office."),
    _Work(who="Elif Yilmaz", reply="Friday between 9 and 11 is yours.", lines=1,
        tags=("delivery",)),
    _Work(who="Chiara Rossi", agent=1, reply="Yes, there is a place right in front of the door."),
    _Work(who="Ben Adeyemi", tags=("stock",)),
    _Work(who="Dmitri Novák", lines=2, then=1, tags=("billing", "refund"),
        note="The bank confirms both charges. Refund of 189.00 is booked, reference R-2291.",
        reply="You are right, and we are sorry: the second 189.00 is on its way back to your card. "
        "It takes two to three days."),
)  # fmt: skip


async def _take_pictures(path: str, database_url: str, url: str) -> None:
    with listening_socket(HOST, 0) as listener:
        keys = [new_key() for _ in _AGENTS]
        channels = await _prepare(database_url, keys, f"http://{HOST}:{listener.getsockname()[1]}")
        by_id = {channel.id: channel for channel in channels.values()}
        manners = Manners(step_seconds=0.2)
        async with (
            simulated_provider(by_id, url, url, manners, 4) as provider,
            httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as client,
            chromium(path) as browser,
        ):
            serving = asyncio.create_task(provider.serve(sockets=[listener]))
            await _Filler(client, url, channels, keys).fill()
            await _post_odd(client, channels["sms"])
            await _shoot(browser, url, keys[0])
            provider.should_exit = True
            with suppress(asyncio.CancelledError):
                await serving


async def _prepare(
    database_url: str, keys: Sequence[str], provider_url: str
) -> dict[ChannelKind, Channel]:
    channels: dict[ChannelKind, Channel] = {}
    async with await connect(database_url, "bench", prepare=False) as conn:
        for name, key in zip(_AGENTS, keys, strict=True):
            agent_id = new_id()
            await insert_agent(conn, CUSTOMER_ID, agent_id, name, "admin")
            await insert_key(
                conn,
                customer_id=CUSTOMER_ID,
                key_id=new_id(),
                name=name,
                key_hash=hash_key(key),
                scopes=["admin"],
                agent_id=agent_id,
            )
        await conn.execute(_READ_FROM)
        kinds: tuple[ChannelKind, ...] = ("sms", "email")
        for kind in kinds:
            bare = await add_channel(conn, kind, f"support-{kind}")
            channels[kind] = replace(bare, send_url=send_url(provider_url, bare))
            await set_channel(conn, channels[kind])
    return channels


class _Filler:
    """Lets the cast of the demo write, and the agents work."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: str,
        channels: dict[ChannelKind, Channel],
        keys: Sequence[str],
    ) -> None:
        self._client = client
        self._url = url
        self._channels = channels
        self._keys = keys
        self._mails: dict[str, list[str]] = {}

    async def fill(self) -> None:
        """Write what there is to see; what agents answered comes last."""
        worked = {work.who: work for work in _DONE}
        quiet = [story for story in STORIES if story.person.name not in worked]
        busy = [next(story for story in STORIES if story.person.name == work.who) for work in _DONE]
        at = utc_now() - _APART * (len(STORIES) + 1)
        for story in (*busy, *quiet):
            at += _APART
            work = worked.get(story.person.name)
            for number, line in enumerate(story.lines[: work.lines if work else 9]):
                await self._write(story, line, at + number * timedelta(minutes=2))
        await self._name(len(STORIES))
        for work, story in zip(_DONE, busy, strict=True):
            await self._work(work, story)

    async def _write(self, story: Story, line: str, at: datetime) -> None:
        kind: ChannelKind = "email" if story.subject else "sms"
        channel, person = self._channels[kind], story.person
        earlier = self._mails.setdefault(person.name, [])
        identity = f"{new_id()}@mail.example.com"
        message = InboundMessage(
            kind=kind,
            provider_message_id=identity,
            sender=f"{person.name} <{person.email}>" if story.subject else person.phone,
            recipients=(Recipient(role="to", address=channel.own_address),),
            body=line,
            body_format=guess_format(line) if story.subject else "text",
            subject=story.subject,
            sent_at=at,
            thread=ThreadHeaders(
                message_id=identity, in_reply_to=tuple(earlier[-1:]), references=tuple(earlier)
            )
            if story.subject
            else None,
        )
        earlier.append(identity)
        delivery = compose_delivery(
            PLAYED[channel.provider],
            message,
            channel,
            public_url=self._url,
            server_url=self._url,
            now=utc_now(),
        )
        assert await post(self._client, delivery) in range(200, 300)

    async def _name(self, expected: int) -> None:
        """Give the people who text a name, once all are there."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while len(await self._conversations()) < expected:  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        names = {story.person.phone: story.person.name for story in STORIES if story.person.phone}
        for conversation in await self._conversations():
            person = conversation["participants"][0]
            if person["address"] in names:
                path = f"/api/contacts/{person['contact']['id']}"
                await self._call("PATCH", path, {"name": names[person["address"]]})

    async def _work(self, work: _Work, story: Story) -> None:
        address = story.person.phone or story.person.email
        found = await self._conversations()
        conversation = next(row for row in found if row["participants"][0]["address"] == address)
        path, agent = f"/api/conversations/{conversation['id']}", work.agent
        if work.is_assigned:
            me = await self._call("GET", "/api/me", agent=agent)
            await self._call("PATCH", path, {"assignee_id": me["agent"]["id"]}, agent)
        for tag in work.tags:
            await self._call("PUT", f"{path}/tags/{tag}", agent=agent)
        if work.note:
            await self._call("POST", f"{path}/notes", {"text": work.note}, 1)
        await self._call("PUT", f"{path}/read", {"last_read_seq": work.lines}, 0)
        if work.reply:
            await self._call("POST", f"{path}/messages", {"body": work.reply}, agent)
            await self._until_arrived(path)
        for line in story.lines[work.lines :][: work.then]:
            await self._write(story, line, utc_now())
        changes = dict(work.change)
        if changes.get("status") == "snoozed":
            tomorrow = utc_now() + timedelta(hours=18)
            changes["snoozed_until"] = tomorrow.strftime("%Y-%m-%dT%H:00:00Z")
        if changes:
            await self._call("PATCH", path, changes, agent)

    async def _until_arrived(self, path: str) -> None:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                page = await self._call("GET", f"{path}/messages")
                if {"delivered", "read"} & {item["status"] for item in page["items"]}:
                    return
                await asyncio.sleep(0.1)

    async def _conversations(self) -> list[dict[str, Any]]:
        return (await self._call("GET", "/api/conversations?limit=100"))["items"]

    async def _call(self, method: str, path: str, body: object = None, agent: int = 0) -> Any:
        headers = {"authorization": f"Bearer {self._keys[agent]}"}
        response = await self._client.request(method, path, json=body, headers=headers)
        assert response.is_success, (method, path, response.text)
        return response.json() if response.content else None


async def _post_odd(client: httpx.AsyncClient, channel: Channel) -> None:
    """Give the operators something to look at."""
    path = f"/webhooks/{channel.provider}/{channel.token}"
    for number in range(2):
        body = b'{"type":"carrier-pigeon","provider_message_id":"p-%d"}' % number
        await client.post(path, content=body, headers={"content-type": "application/json"})


async def _shoot(browser: Browser, url: str, key: str) -> None:
    _FOLDER.mkdir(exist_ok=True)
    for scheme in ("light", "dark"):
        end = "" if scheme == "light" else "-dark"
        page = await _log_in(browser, url, key, _WIDE, scheme)
        await _open(page, "Dmitri")
        await page.screenshot(path=_FOLDER / f"inbox-1280{end}.png")
        await _open(page, "Ines Fischer")
        await page.frame_locator("#items iframe").first.get_by_text("corrected").wait_for()
        await page.screenshot(path=_FOLDER / f"mail-1280{end}.png")
        await page.goto("/ops")
        await page.screenshot(path=_FOLDER / f"operations-1280{end}.png")
        await page.context.close()
        page = await _log_in(browser, url, key, _PHONE, scheme)
        await page.screenshot(path=_FOLDER / f"inbox-390{end}.png")
        await _open(page, "Dmitri")
        await page.screenshot(path=_FOLDER / f"thread-390{end}.png")
        await page.goto("/ops")
        await page.screenshot(path=_FOLDER / f"operations-390{end}.png")
        await page.context.close()


async def _log_in(
    browser: Browser,
    url: str,
    key: str,
    size: tuple[int, int],
    scheme: Literal["light", "dark"],
) -> Page:
    page = await browser.new_page(
        base_url=url,
        viewport={"width": size[0], "height": size[1]},
        device_scale_factor=2 if size == _PHONE else 1,
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    await page.goto("/inbox")
    await page.fill("#key", key)
    await page.press("#key", "Enter")
    await page.wait_for_selector("#strip[data-state=live]", state="attached")
    return page


async def _open(page: Page, name: str) -> None:
    await page.locator(".row", has_text=name).locator("a").click()
    await page.wait_for_selector("#composer")
    await page.evaluate("document.activeElement.blur()")
    await page.mouse.move(page.viewport_size["width"] - 4 if page.viewport_size else 0, 400)
    # Toasts and badges settle.
    await page.wait_for_timeout(600)


def main() -> None:
    path = find_chromium()
    if path is None:
        raise SystemExit("there is no Chromium: install chromium")
    with (
        TemporaryDirectory(prefix="inlet-pictures-") as folder,
        embedded_postgres(Path(folder)) as server_url,
        fresh_database(server_url) as database_url,
        web_server(database_url, ("-m", "app.cli", "serve")) as server,
        worker_process(database_url),
    ):
        asyncio.run(_take_pictures(path, database_url, f"http://{HOST}:{server.port}"))
    for picture in sorted(_FOLDER.glob("*.png")):
        print(picture.name, picture.stat().st_size // 1024, "kB")


if __name__ == "__main__":
    main()

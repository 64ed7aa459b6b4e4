"""A customer of its own for each test: people who write to it, and agents who sit before the page.

Everything goes through the real webhooks and the real page.
"""

import re
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import Literal

import httpx
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page

from app.clock import utc_now
from app.ids import new_id, new_token
from browser.processes import PlayedProvider, Processes
from domain.agent import Role
from domain.api_key import hash_key
from domain.body_format import guess_format
from domain.channel import Channel, ChannelKind
from domain.message import Attachment, DeliveryReceipt, InboundMessage, Recipient, ThreadHeaders
from simulation import PLAYED, PLAYED_SENDERS
from simulation.delivering import compose_delivery, compose_receipt_delivery, post
from simulation.send_url import send_url
from store.agents import insert_agent
from store.api_keys import insert_key
from store.channels import StoredChannel, insert_channel
from store.database import Connection, connect

WIDE = (1280, 800)
PHONE = (390, 844)
_LOOK_EVERY_MS = 50
_MOST_LOOKS = 300
ARRIVED = re.compile("Delivered|Read")
_OWN: dict[ChannelKind, str] = {"sms": "+15005550006", "email": "support@example.com"}
_NUMBERS = count(2)
_INDEXED = b"SELECT count(*) FROM search_documents WHERE customer_id = %s"
_CUSTOMER = b"INSERT INTO customers (id, name) VALUES (%s, %s)"


@dataclass(slots=True, kw_only=True)
class Customer:
    """One customer, with a channel of each kind."""

    id: int
    processes: Processes
    provider: PlayedProvider
    browser: Browser
    client: httpx.AsyncClient
    channels: dict[ChannelKind, Channel]
    contexts: AsyncExitStack
    complaints: list[str] = field(default_factory=list[str])

    @property
    def sms(self) -> Channel:
        return self.channels["sms"]

    async def text(
        self, sender: str, body: str, *files: str, sent_at: datetime | None = None
    ) -> None:
        """Let somebody write an SMS; with files at these URLs it is an MMS."""
        message = InboundMessage(
            kind="mms" if files else "sms",
            provider_message_id=new_id(),
            sender=sender,
            recipients=(Recipient(role="to", address=_OWN["sms"]),),
            body=body,
            attachments=tuple(Attachment(url=url) for url in files),
            sent_at=sent_at or utc_now(),
        )
        await self.deliver(self.channels["sms"], message)

    async def mail(
        self, sender: str, subject: str, body: str, *, answers: str | None = None
    ) -> str:
        """Let somebody write an e-mail; returns its Message-ID."""
        identity, earlier = f"{new_id()}@mail.example.com", (answers,) if answers else ()
        message = InboundMessage(
            kind="email",
            provider_message_id=identity,
            sender=sender,
            recipients=(Recipient(role="to", address=_OWN["email"]),),
            body=body,
            body_format=guess_format(body),
            subject=subject,
            sent_at=utc_now(),
            thread=ThreadHeaders(message_id=identity, in_reply_to=earlier, references=earlier),
        )
        await self.deliver(self.channels["email"], message)
        return identity

    async def bounce(self, recipient: str) -> None:
        """Let the provider report that no mail reaches somebody."""
        channel, url = self.channels["email"], self.processes.url
        receipt = DeliveryReceipt(
            provider_message_id=new_id(),
            status="bounced",
            provider_status="bounced",
            recipients=(recipient,),
            is_permanent=True,
        )
        delivery = compose_receipt_delivery(
            PLAYED_SENDERS[channel.provider],
            receipt,
            channel.own_address,
            channel,
            public_url=url,
            server_url=url,
            now=utc_now(),
        )
        assert await post(self.client, delivery) in range(200, 300)

    async def deliver(self, channel: Channel, message: InboundMessage) -> None:
        url = self.processes.url
        delivery = compose_delivery(
            PLAYED[channel.provider],
            message,
            channel,
            public_url=url,
            server_url=url,
            now=utc_now(),
        )
        assert await post(self.client, delivery) in range(200, 300)

    async def until_findable(self, page: Page, messages: int) -> None:
        """Wait for the search index, which follows the messages a moment behind."""
        async with await connect(self.processes.database_url, "tests") as conn:
            for _ in range(_MOST_LOOKS):
                found = await (await conn.execute(_INDEXED, (self.id,))).fetchone()
                if found and found[0] == messages:
                    return
                await page.wait_for_timeout(_LOOK_EVERY_MS)
        raise AssertionError("the search index did not follow")

    async def add_agent(self, name: str, role: Role = "lead") -> str:
        """Add an agent; returns a key of theirs."""
        agent_id, key = new_id(), f"inlet_{new_token()}"
        async with await connect(self.processes.database_url, "tests") as conn:
            assert await insert_agent(conn, self.id, agent_id, name, role)
            await insert_key(
                conn,
                customer_id=self.id,
                key_id=new_id(),
                name=name,
                key_hash=hash_key(key),
                scopes=["admin"],
                agent_id=agent_id,
            )
        return key

    async def open_page(
        self,
        size: tuple[int, int] = WIDE,
        *,
        scripts: bool = True,
        scheme: Literal["light", "dark"] = "light",
        bypass_csp: bool = False,
    ) -> Page:
        """Open a browser that nobody has used; what goes wrong in it is a complaint."""
        context = await self.browser.new_context(
            base_url=self.processes.url,
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=scripts,
            color_scheme=scheme,
            bypass_csp=bypass_csp,
            reduced_motion="reduce",
        )
        self.contexts.push_async_callback(context.close)
        context.set_default_timeout(120_000)
        self._listen(context)
        return await context.new_page()

    async def sit_down(
        self,
        name: str,
        size: tuple[int, int] = WIDE,
        *,
        scripts: bool = True,
        scheme: Literal["light", "dark"] = "light",
        bypass_csp: bool = False,
    ) -> Page:
        """Add an agent and log them in by the form."""
        key = await self.add_agent(name)
        page = await self.open_page(size, scripts=scripts, scheme=scheme, bypass_csp=bypass_csp)
        await log_in(page, key)
        return page

    def _listen(self, context: BrowserContext) -> None:
        def hear(message: ConsoleMessage) -> None:
            if "Content Security Policy" in message.text:
                self.complaints.append(message.text)

        async def refuse(dialog: Dialog) -> None:
            self.complaints.append(f"dialog: {dialog.message}")
            await dialog.dismiss()

        context.on("console", hear)
        context.on("dialog", refuse)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))


async def new_customer(
    processes: Processes, provider: PlayedProvider, browser: Browser
) -> Customer:
    """Make a customer whose channels send to the played provider."""
    number = next(_NUMBERS)
    channels: dict[ChannelKind, Channel] = {}
    async with await connect(processes.database_url, "tests") as conn:
        await conn.execute(_CUSTOMER, (number, f"customer {number}"))
        for kind in _OWN:
            channels[kind] = await _add_channel(conn, number, kind, provider)
    return Customer(
        id=number,
        processes=processes,
        provider=provider,
        browser=browser,
        client=httpx.AsyncClient(timeout=120, trust_env=False),
        channels=channels,
        contexts=AsyncExitStack(),
    )


async def _add_channel(
    conn: Connection, customer_id: int, kind: ChannelKind, provider: PlayedProvider
) -> Channel:
    bare = Channel(
        customer_id=customer_id,
        id=new_id(),
        token=new_token(),
        kind=kind,
        provider="generic",
        name=f"support-{kind}",
        own_address=_OWN[kind],
        region="US",
        signature_mode="off",
        sends_per_second=1000,
    )
    channel = replace(bare, send_url=send_url(provider.url, bare))
    await insert_channel(conn, StoredChannel(channel=channel, sealed_secrets=None))
    provider.channels[channel.id] = channel
    return channel


async def log_in(page: Page, key: str) -> None:
    """Log in by the form; where the page has scripts, wait until it is live."""
    await page.goto("/inbox")
    await page.fill("#key", key)
    await page.press("#key", "Enter")
    await page.wait_for_selector("#rows", state="attached")


async def until_live(*pages: Page) -> None:
    for page in pages:
        await page.wait_for_selector("#strip[data-state=live]")


async def press(page: Page, keys: Sequence[str]) -> None:
    for key in keys:
        await page.keyboard.press(key)

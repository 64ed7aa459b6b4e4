"""The page in Chromium: how soon its list can be used, and how soon a webhook is on the screen.

A web process and a worker run as they do in production; messages come in through the webhook.
"""

import asyncio
from dataclasses import dataclass

import httpx

from app.clock import utc_now
from app.ids import new_id, new_key
from bench.browser import (
    Paints,
    chromium,
    find_chromium,
    list_interactive,
    measure_paints,
    show_many_rows,
)
from bench.databases import CUSTOMER_ID, add_channel, fresh_database, run
from bench.figures import Figure, Latency, Target, figure, latency_of, skipped
from bench.plan import Plan
from bench.processes import HOST, web_server, worker_process
from domain.api_key import hash_key
from domain.channel import Channel
from domain.webhook_url import webhook_url
from store.agents import insert_agent
from store.api_keys import insert_key
from store.database import connect

SECTION = "page"

_VIEWPORT = (1280, 800)
_PEOPLE = 250
_RATE = 50.0
_OPENINGS = 5
_PATIENCE_SECONDS = 60.0
_INTERACTIVE = Target(most=1000.0)
_P95 = Target(most=300.0)
_NONE = Target(most=50.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    interactive_ms: float
    paints: Paints


def measure(plan: Plan) -> list[Figure]:
    """Open the list, then let messages arrive under the eyes of an agent."""
    path = find_chromium()
    if path is None:
        return [skipped(SECTION, "the page", "no Chromium on this machine")]
    key = new_key()
    with fresh_database(plan.server_url) as url:
        channel = run(_prepare(url, key))
        with web_server(url, ("-m", "app.cli", "serve")) as server, worker_process(url):
            # Not on uvloop: a browser is a child process with pipes, which this loop reads too.
            seen = asyncio.run(_measure(path, f"http://{HOST}:{server.port}", channel, key, plan))
    return _figures(seen)


def _figures(seen: _Seen) -> list[Figure]:
    paints = seen.paints
    name = f"webhook to paint at {_RATE:.0f} messages/s"
    latency: Latency = latency_of(delay / 1000 for delay in paints.delays)
    return [
        figure(
            SECTION, "list can be used, 50 of 250 rows", seen.interactive_ms, "ms", _INTERACTIVE
        ),
        Figure(
            section=SECTION,
            name=f"{name}, p95",
            value=paints.p95,
            unit="ms",
            latency=latency,
            target=_P95,
            is_met=_P95.is_met(paints.p95),
            details={"painted": len(paints.delays), "events": paints.events},
        ),
        figure(SECTION, f"{name}, not painted", paints.events - len(paints.delays), "messages"),
        figure(SECTION, "longest task of over 50 ms", paints.longest_task, "ms", _NONE),
    ]


async def _measure(path: str, url: str, channel: Channel, key: str, plan: Plan) -> _Seen:
    async with (
        httpx.AsyncClient(timeout=30, trust_env=False) as client,
        chromium(path) as browser,
    ):
        await asyncio.gather(*(_text(client, url, channel, n, "Hello") for n in range(_PEOPLE)))
        width, height = _VIEWPORT
        page = await browser.new_page(base_url=url, viewport={"width": width, "height": height})
        await page.goto("/inbox")
        await page.fill("#key", key)
        await page.press("#key", "Enter")
        await page.wait_for_selector("#strip[data-state=live]")
        count = page.locator(f".view[data-view=open] .view-count[data-count='{_PEOPLE}']")
        await count.wait_for(timeout=1000 * _PATIENCE_SECONDS)
        opened = sorted([await list_interactive(page) for _ in range(_OPENINGS)])
        await show_many_rows(page)
        paints = await measure_paints(
            page,
            lambda number, body: _text(client, url, channel, number % _PEOPLE, body),
            _RATE,
            plan.sizes.page_seconds,
        )
    return _Seen(interactive_ms=opened[len(opened) // 2], paints=paints)


async def _prepare(url: str, key: str) -> Channel:
    async with await connect(url, "bench", prepare=False) as conn:
        agent_id = new_id()
        await insert_agent(conn, CUSTOMER_ID, agent_id, "Maya Okafor", "lead")
        await insert_key(
            conn,
            customer_id=CUSTOMER_ID,
            key_id=new_id(),
            name="bench",
            key_hash=hash_key(key),
            scopes=["admin"],
            agent_id=agent_id,
        )
        return await add_channel(conn, "sms", "desk")


async def _text(client: httpx.AsyncClient, url: str, channel: Channel, who: int, body: str) -> None:
    """Post an SMS to the webhook."""
    sms = {
        "from": f"+1415{2_000_000 + who}",
        "to": channel.own_address,
        "type": "sms",
        "provider_message_id": new_id(),
        "body": body,
        "attachments": None,
        "timestamp": utc_now().strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
    response = await client.post(webhook_url(url, channel), json=sms)
    response.raise_for_status()

"""Replay of everything and rebuild of everything: nothing that is right may change."""

import subprocess
import sys
from pathlib import Path
from time import monotonic

from app.embedded_postgres import embedded_postgres
from app.settings import child_environment
from bench import queue_worker
from bench.backlog import Traffic, events_of, record
from bench.databases import add_channel, fresh_database, read_one, run
from bench.faults.count import wait_until_processed
from bench.faults.plan import FaultPlan
from bench.figures import Figure, Target, figure
from bench.processes import call, settings_for, worker_process
from store.database import connect

SECTION = "again"

_ROOT = Path(__file__).parents[2]
_LOAD_BATCH = 500
_PEOPLE = 5_000
_SHARE_OF_EMAILS = 0.3
_PATIENCE_SECONDS = 600.0
_NONE = Target(most=0)
# Everything that is derived from events, as one number per table.
_DERIVED = {
    "addresses": b"SELECT coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM addresses AS t",
    "bodies": b"SELECT coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM bodies AS t",
    "contacts": b"SELECT coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM contacts AS t",
    "conversations": (
        b"SELECT coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM conversations AS t"
    ),
    "participants": (
        b"SELECT coalesce(sum(hashtextextended(t::text, 0)), 0)::text"
        b" FROM conversation_participants AS t"
    ),
    "messages": b"SELECT coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM messages AS t",
    "recipients": (
        b"SELECT coalesce(sum(hashtextextended(t::text, 0)), 0)::text FROM message_recipients AS t"
    ),
}


def break_it(plan: FaultPlan) -> list[Figure]:
    """Process everything a second time, and derive everything anew."""
    events = plan.lengths.again_events
    with (
        embedded_postgres(plan.folder / "again") as server_url,
        fresh_database(server_url) as url,
    ):
        run(_fill(url, events))
        call("bench.queue_worker", queue_worker.Job(database_url=url), queue_worker.Result)
        before = run(_derived(url))
        replayed = _replay(url, plan)
        changed = sum(before[name] != now for name, now in run(_derived(url)).items())
        plan.say(f"replayed in {replayed:.0f} s, {changed} tables differ")
        began = monotonic()
        rebuild = _inlet(url, plan.folder, "rebuild", "--json")
        rebuilt = monotonic() - began
        plan.say(rebuild.stdout.strip()[-300:] or rebuild.stderr.strip()[-300:])
    return [
        figure(SECTION, "events", events, ""),
        figure(SECTION, "tables that a replay changed", changed, "", _NONE),
        figure(SECTION, "replay", replayed, " s"),
        figure(SECTION, "rebuild found a difference", rebuild.returncode, "", _NONE),
        figure(SECTION, "rebuild", rebuilt, " s"),
    ]


def _replay(url: str, plan: FaultPlan) -> float:
    began = monotonic()
    with worker_process(url):
        result = _inlet(
            url,
            plan.folder,
            "replay",
            "--since",
            "2000-01-01T00:00:00Z",
            "--rate",
            "100000",
            "--wait",
        )
        if result.returncode:
            raise RuntimeError(f"replay: {result.stderr.strip()}")
        wait_until_processed(url, _PATIENCE_SECONDS)
    return monotonic() - began


def _inlet(url: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "app.cli", *words],
        cwd=_ROOT,
        env=child_environment(settings_for(url).environment() | {"DATA_DIR": str(folder)}),
        capture_output=True,
        text=True,
        timeout=_PATIENCE_SECONDS,
        check=False,
    )


async def _fill(url: str, events: int) -> None:
    async with await connect(url, "bench") as conn:
        traffic = Traffic(
            sms_channel=await add_channel(conn, "sms", "sms"),
            email_channel=await add_channel(conn, "email", "email"),
            share_of_emails=_SHARE_OF_EMAILS,
            contacts=_PEOPLE,
        )
        await record(conn, events_of(traffic, events), _LOAD_BATCH)


async def _derived(url: str) -> dict[str, str]:
    async with await connect(url, "bench") as conn:
        return {name: await read_one(conn, query) for name, query in _DERIVED.items()}

"""`inlet rebuild` on a real database: what it prints, and how it ends."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from databases import as_owner
from flows import a_mail, an_sms, make_channel, record, values, work
from rebuilding import PROGRAM, rebuild_config

from app.cli import main
from domain.errors import OperatorError
from store.database import connect
from store.rebuild import Scope
from worker.rebuild.rebuild import rebuild

Inlet = Callable[..., tuple[int, str, str]]


@pytest.fixture
def inlet(
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Inlet:
    """Run the command in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("OWNER_DATABASE_URL", as_owner(database_url))
    monkeypatch.setenv("SECRET_KEY", "a secret key for tests")

    def run_command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["inlet", "rebuild", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return ended.value.code if isinstance(ended.value.code, int) else 0, out, err

    return run_command


async def _receive(database_url: str) -> None:
    async with await connect(database_url, "tests") as conn:
        sms = await make_channel(conn, "support")
        mails = await make_channel(conn, "email", "email")
        await record(conn, sms, an_sms("a"), an_sms("b", minute=1))
        await record(conn, mails, a_mail("m"))
        await work(database_url)


async def _damage(database_url: str) -> None:
    async with await connect(database_url, "tests") as conn:
        await conn.execute("UPDATE messages SET from_name = 'Nobody' WHERE kind = 'sms'")


async def _audited(database_url: str) -> list[object]:
    async with await connect(database_url, "tests") as conn:
        return await values(conn, b"SELECT detail ->> 'reason' FROM audit")


def test_a_difference_is_shown_and_mended_on_request(
    inlet: Inlet, database_url: str, run: Callable[..., Any]
) -> None:
    run(_receive, database_url)
    code, out, _ = inlet()
    assert (code, out) == (
        0, "Read 3 settled events.\nNo difference: every table is what the events say.\n",
    )  # fmt: skip
    run(_damage, database_url)
    code, out, _ = inlet()
    assert code == 1
    assert "from_name" in out
    assert out.endswith("Nothing was changed: `inlet rebuild --apply` mends it.\n")
    assert inlet("--channel", "email")[0] == 0
    code, out, _ = inlet("--json")
    shown = json.loads(out)
    assert (code, shown["is_equal"], shown["is_applied"], shown["events"]) == (1, False, False, 3)
    assert [(table["table"], table["changed"]) for table in shown["tables"]] == [("messages", 2)]
    assert len(shown["tables"][0]["samples"]["changed"]) == 2
    code, out, _ = inlet("--apply", "--reason", "names were wrong")
    assert (code, out.splitlines()[-1]) == (0, "Mended. What people added was kept.")
    assert inlet("--json")[0] == 0
    assert run(_audited, database_url) == ["names were wrong"]


def test_an_unknown_channel_is_refused(inlet: Inlet) -> None:
    code, _, err = inlet("--channel", "nowhere")
    assert code == 1
    assert "no channel has this name or id" in err


async def test_workers_are_not_kept_waiting_for_long(database_url: str) -> None:
    await _receive(database_url)
    await _damage(database_url)
    async with await connect(database_url, "tests") as conn:
        await conn.execute(
            "INSERT INTO workers (id, host, pid, started_at, claimed, processed, error,"
            " dead_letter, latency_bounds, latency_counts, latency_sum)"
            " VALUES (gen_random_uuid(), 'here', 1, now(), 0, 0, 0, 0, '{}', '{0}', 0)"
        )
        config = rebuild_config(database_url, most_seconds=0.0)
        with pytest.raises(OperatorError, match="nothing was changed"):
            await rebuild(config, Scope(customer_id=1), PROGRAM)
        names = b"SELECT DISTINCT from_name FROM messages WHERE kind = 'sms'"
        assert await values(conn, names) == ["Nobody"]
        await conn.execute("DELETE FROM workers")
        assert (await rebuild(config, Scope(customer_id=1), PROGRAM)).is_applied
        assert await values(conn, names) == [None]

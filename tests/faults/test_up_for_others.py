"""`inlet up` where others reach it, its output in a file: no open channel, and no key in it."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conftest import OpenConnection
from databases import as_owner
from flows import values
from inlet_up import PROGRAM, environment, has_ended, wait_until

_CHANNELS = b"SELECT count(*) FROM channels"


def test_it_makes_no_channel_that_checks_nothing_and_names_the_place_of_the_key(
    database_url: str, tmp_path: Path, open_connection: OpenConnection, run: Callable[..., Any]
) -> None:
    settings = environment() | {
        "DATABASE_URL": database_url,
        "OWNER_DATABASE_URL": as_owner(database_url),
        "INLET_ADMIN_KEY": "",
    }
    output = tmp_path / "stdout"
    command = [*PROGRAM, "up", "--port", "0", "--data-dir", str(tmp_path), "--host", "::"]
    with output.open("wb") as out, (tmp_path / "stderr").open("wb") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, cwd=tmp_path, env=settings)
    try:
        wait_until(lambda: "See the conversation" in output.read_text() or has_ended(process))
        text = output.read_text()
        assert process.poll() is None, (tmp_path / "stderr").read_text()
        key = (tmp_path / "admin_key").read_text().strip()
        assert key not in text + (tmp_path / "stderr").read_text()
        assert str(tmp_path / "admin_key") in text
        assert "/webhooks/" not in text
        assert run(_channels, open_connection) == [0]
    finally:
        process.terminate()
        process.wait(60)


def test_a_demo_for_others_is_refused(tmp_path: Path) -> None:
    ended = subprocess.run(
        [*PROGRAM, "up", "--demo", "--host", "::", "--data-dir", str(tmp_path)],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 1
    assert "--demo needs channels that check no signatures" in ended.stderr


async def _channels(open_connection: OpenConnection) -> list[object]:
    async with open_connection() as conn:
        return list(await values(conn, _CHANNELS))

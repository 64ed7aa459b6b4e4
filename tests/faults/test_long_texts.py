"""The process apart that works on long texts: killed, stalled, asked twice, left alone."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from threading import Thread

import httpx
import psutil
import pytest
import text_work
from inlet_up import (
    ADMIN_KEY,
    PATIENCE_SECONDS,
    Running,
    a_text,
    admin_headers,
    folder_of_its_own,
    is_alive,
    up,
    wait_until,
)
from text_processes import text_processes

from app.long_texts import LONG, LongTextsApart
from domain.long_texts import TextNotWorkedOn

_TEXT = "x" * (LONG + 1)


@asynccontextmanager
async def _long_texts(cpu_seconds: float = 10.0) -> AsyncGenerator[LongTextsApart]:
    long_texts = LongTextsApart(cpu_seconds)
    try:
        yield long_texts
    finally:
        await long_texts.close()


async def test_short_texts_start_no_process_and_long_ones_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret key of the tests")
    path = str(tmp_path / "calls")
    async with _long_texts() as long_texts:
        assert await long_texts.work_on(5, text_work.note, path, "short") == 5
        assert text_processes() == []
        for _ in range(2):
            assert await long_texts.work_on(len(_TEXT), text_work.note, path, _TEXT) == len(_TEXT)
        [process] = text_processes()
        assert process.nice() > psutil.Process().nice()
        names = await long_texts.work_on(len(_TEXT), text_work.environment, _TEXT)
        assert "PYTHONPATH" in names
        assert "SECRET_KEY" not in names
    assert not is_alive(process)


async def test_memory_that_a_large_text_took_is_given_back(tmp_path: Path) -> None:
    large = "x" * (8 << 20)
    async with _long_texts() as long_texts:
        path = str(tmp_path / "calls")
        assert await long_texts.work_on(len(large), text_work.note, path, large) == len(large)
        assert text_processes() == []


async def test_what_is_asked_for_twice_at_once_is_done_once(tmp_path: Path) -> None:
    path = tmp_path / "calls"
    async with _long_texts() as long_texts:
        asked = [long_texts.work_on(len(_TEXT), text_work.note, str(path), _TEXT) for _ in range(9)]
        assert await asyncio.gather(*asked) == [len(_TEXT)] * 9
        assert path.read_text().split() == ["called"]
        await long_texts.work_on(len(_TEXT), text_work.note, str(path), _TEXT)
        assert path.read_text().split() == ["called"] * 2


@pytest.mark.parametrize("work_badly", [text_work.fail, text_work.die, text_work.spin])
async def test_a_text_that_nothing_comes_of_leaves_the_next_alone(
    work_badly: Callable[[str], None], tmp_path: Path
) -> None:
    path = str(tmp_path / "calls")
    async with _long_texts(cpu_seconds=0.2) as long_texts:
        with pytest.raises(TextNotWorkedOn):
            await long_texts.work_on(len(_TEXT), work_badly, _TEXT)
        assert await long_texts.work_on(len(_TEXT), text_work.note, path, _TEXT) == len(_TEXT)


@pytest.fixture
def data_dir() -> Generator[Path]:
    with folder_of_its_own() as folder:
        yield folder


def test_nothing_is_left_of_a_web_process_that_is_killed(data_dir: Path) -> None:
    with up(data_dir) as inlet:
        text = a_text("long") | {"body": "https://example.org/page " * 40_000}
        assert httpx.post(inlet.sms_url, json=text, timeout=PATIENCE_SECONDS).is_success
        wait_until(lambda: inlet.message_count() == 1)
        [web] = inlet.children("serve")
        opening = Thread(target=_open, args=(inlet,))
        opening.start()
        wait_until(lambda: bool(text_processes(web)))
        [process] = text_processes(web)
        web.kill()
        opening.join()
        wait_until(lambda: not is_alive(process))


def _open(inlet: Running) -> None:
    """Open the only conversation, as a browser does; the web process may end meanwhile."""
    with (
        httpx.Client(base_url=inlet.url, timeout=PATIENCE_SECONDS) as client,
        suppress(httpx.TransportError),
    ):
        [item] = client.get("/api/conversations", headers=admin_headers()).json()["items"]
        assert client.post("/inbox/login", data={"key": ADMIN_KEY}).status_code == 303
        client.get(f"/inbox/c/{item['id']}")

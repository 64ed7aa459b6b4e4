"""What was measured on: without it no figure means anything."""

import os
import platform
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import NamedTemporaryFile
from time import perf_counter

import msgspec

from store.database import connect

_SYNCS = 200
_PAGE = b"\0" * 8192
_LIST_SETTINGS = b"""
    SELECT name, current_setting(name) FROM pg_settings
    WHERE source NOT IN ('default', 'client', 'session', 'override') ORDER BY name
"""


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Processor, system, Postgres with every setting that is not its default, disk, and company."""

    cpu: str
    cores: int
    memory_gib: float
    system: str
    python: str
    postgres: str
    postgres_settings: dict[str, str]
    fsync_us: float
    load_average_before: float


async def examine(database_url: str, folder: Path) -> Machine:
    """Look at the machine; `folder` is on the disk that Postgres uses."""
    async with await connect(database_url, "bench", prepare=False) as conn:
        settings = dict(await (await conn.execute(_LIST_SETTINGS)).fetchall())
        version = await (await conn.execute(b"SHOW server_version")).fetchone()
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return Machine(
        cpu=_cpu_model(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=round(pages / 2**30, 1),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        postgres=version[0] if version else "",
        postgres_settings=settings,
        fsync_us=_fsync_us(folder),
        load_average_before=os.getloadavg()[0],
    )


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _fsync_us(folder: Path) -> float:
    """Time what a commit waits for: one page written and flushed."""
    with NamedTemporaryFile(dir=folder) as file:
        os.posix_fallocate(file.fileno(), 0, len(_PAGE))
        return 1e6 * median(_timed(lambda: _flush_page(file.fileno())) for _ in range(_SYNCS))


def _flush_page(descriptor: int) -> None:
    os.pwrite(descriptor, _PAGE, 0)
    os.fdatasync(descriptor)


def _timed(work: Callable[[], None]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began

"""Real worker processes for the tests that break them."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

_PROGRAM = (sys.executable, "-P", "-m", "app.cli", "work")
_PATIENCE_SECONDS = 120


@asynccontextmanager
async def worker_process(
    database_url: str, log: Path, *, batch_size: int = 100, **settings: str
) -> AsyncGenerator[subprocess.Popen[bytes]]:
    """Run `inlet work`; one that is still there at the end is told to stop."""
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database_url,
        "BATCH_SIZE": str(batch_size),
        "POLL_SECONDS": "0.05",
        "LOG_FORMAT": "json",
        **settings,
    }
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: ASYNC220  # quick, and waited for in a thread
            _PROGRAM, stdout=output, stderr=output, cwd=log.parent, env=environment
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        await asyncio.to_thread(process.wait, _PATIENCE_SECONDS)

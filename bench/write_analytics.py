"""`python -m bench.write_analytics`: brings docs/analytics.md and what tests keep to the views."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from app.embedded_postgres import embedded_postgres
from bench.analytics_contract import (
    DOCUMENT,
    SNAPSHOT,
    AnalystsContract,
    broken_promises,
    dump_snapshot,
    load_snapshot,
    read_contract,
    rewritten,
)
from bench.databases import fresh_database, run
from store.database import connect


def main() -> None:
    with (
        TemporaryDirectory(prefix="inlet-analytics-") as folder,
        embedded_postgres(Path(folder)) as server_url,
        fresh_database(server_url) as url,
    ):
        found = run(_read(url))
    if SNAPSHOT.exists() and (
        broken := broken_promises(load_snapshot(SNAPSHOT.read_text(encoding="utf-8")), found)
    ):
        sys.exit("\n".join([*broken, "a migration has to raise the version of analytics.contract"]))
    SNAPSHOT.write_text(dump_snapshot(found), encoding="utf-8")
    DOCUMENT.write_text(rewritten(DOCUMENT.read_text(encoding="utf-8"), found), encoding="utf-8")
    print(f"docs/analytics.md is as the database has it: version {found.version}")


async def _read(url: str) -> AnalystsContract:
    async with await connect(url, "bench", prepare=False) as conn:
        return await read_contract(conn)


if __name__ == "__main__":
    main()

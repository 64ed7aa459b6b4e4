"""Exports views of analysts into a folder: file by file, each whole before it has its name."""

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from app.export_manifest import Exported, ExportFormat, Heading, Manifest, whole_file
from app.export_plan import DueFile, ExportedSpan, is_kept, list_files
from app.parquet_file import ParquetFile
from store.analysts_export import ExportedTime, read_batches, read_contract_version, write_csv
from store.database import Connection

_BATCH_ROWS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What somebody wants to have in a folder."""

    customer_id: int
    customer: str
    views: Sequence[str]
    span: ExportedSpan
    format: ExportFormat
    is_anew: bool = False
    batch_rows: int = _BATCH_ROWS


@dataclass(slots=True, kw_only=True)
class ExportResult:
    """What an export has done; rows and bytes are those that were written."""

    written: int = 0
    kept: int = 0
    rows: int = 0
    bytes: int = 0


async def export_views(
    conn: Connection,
    export: Export,
    manifest: Manifest,
    clock: Callable[[], datetime],
    progress: Callable[[int, int], None],
) -> ExportResult:
    """Write every file that is not there, or whose rows may have changed since.

    Raises: OperatorError where the folder has an export of another kind.
    """
    version = await read_contract_version(conn)
    heading = Heading(customer=export.customer, format=export.format, contract=version)
    due = list(list_files(export.views, export.span, export.format))
    manifest.begin(heading, clock())
    result = ExportResult()
    for done, file in enumerate(due):
        progress(done, len(due))
        if _is_there(manifest, file, export):
            result.kept += 1
            continue
        exported = await _write(conn, export, manifest.folder, file, clock())
        manifest.add(exported)
        result.written += 1
        result.rows += exported.rows
        result.bytes += exported.bytes
    progress(len(due), len(due))
    manifest.end(clock())
    return result


def _is_there(manifest: Manifest, due: DueFile, export: Export) -> bool:
    exported = manifest.files.get(due.name)
    began_at = manifest.unended
    if exported is None or began_at is None or _size(manifest.folder / due.name) != exported.bytes:
        return False
    if export.is_anew and exported.at < began_at:
        return False
    return is_kept(due, exported, began_at, export.span.changing)


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


async def _write(
    conn: Connection, export: Export, folder: Path, due: DueFile, at: datetime
) -> Exported:
    wanted = ExportedTime(
        view=due.view,
        customer_id=export.customer_id,
        from_at=due.from_at,
        until_at=due.until_at,
    )
    path = folder / due.name
    with whole_file(path) as file:
        if export.format == "csv":
            rows = await write_csv(conn, wanted, file)
        else:
            rows = await _write_parquet(conn, wanted, export.batch_rows, file)
    return Exported(
        name=due.name,
        from_at=due.from_at,
        until_at=due.until_at,
        rows=rows,
        bytes=path.stat().st_size,
        at=at,
    )


async def _write_parquet(
    conn: Connection, wanted: ExportedTime, batch_rows: int, file: BinaryIO
) -> int:
    count, parquet = 0, None
    async with aclosing(read_batches(conn, wanted, batch_rows)) as batches:
        async for columns, rows in batches:
            parquet = parquet or ParquetFile(file, columns)
            parquet.write(rows)
            count += len(rows)
    if parquet:
        parquet.close()
    return count

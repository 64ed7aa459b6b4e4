"""`inlet doctor`: says what is wrong."""

import asyncio

import typer

from app.clock import utc_now
from app.database import database
from app.doctor import Finding, examine
from app.settings import load_settings


def doctor() -> None:
    """Check the settings, the database, the schema, the workers and the queue."""
    settings = load_settings()
    _show(Finding(subject="settings", is_fine=True, detail="complete"))
    with database(settings) as database_url:
        if not asyncio.run(_doctor(database_url)):
            raise typer.Exit(1)


async def _doctor(database_url: str) -> bool:
    is_all_fine = True
    async for finding in examine(database_url, utc_now()):
        _show(finding)
        is_all_fine = is_all_fine and finding.is_fine
    return is_all_fine


def _show(finding: Finding) -> None:
    typer.echo(f"{'ok' if finding.is_fine else 'WRONG':<6}{finding.subject:<10}{finding.detail}")

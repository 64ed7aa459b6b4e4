"""`inlet secret`: the key that seals what channels must not give away, changed."""

import typer

from app.operator_session import DEFAULT_CUSTOMER, JsonOption, operator_session, run
from app.secret_rotation import forget_old_keys, rotate_secret_key
from app.terminal_output import show_json

app = typer.Typer(name="secret", no_args_is_help=True, help="The key that seals channel secrets.")


@app.command()
def rotate(as_json: JsonOption = False) -> None:
    """Seal every channel's secrets with a new key. What runs goes on; stopped, run it again."""
    run(_rotate(as_json))


@app.command()
def forget(as_json: JsonOption = False) -> None:
    """Remove the old keys from the data folder, once no value needs them."""
    run(_forget(as_json))


async def _rotate(as_json: bool) -> None:
    async with operator_session(DEFAULT_CUSTOMER) as session:
        count = await rotate_secret_key(session.conn, session.settings, session.customer_id)
    if as_json:
        show_json({"channels": count})
        return
    typer.echo(f"Sealed anew with the new key: {count} {'channel' if count == 1 else 'channels'}.")
    if session.settings.secret_key:
        typer.echo("Take OLD_SECRET_KEY away, unless back-ups of before are to be read.")
    else:
        typer.echo("The old key stays beside it for back-ups; `inlet secret forget` removes it.")


async def _forget(as_json: bool) -> None:
    async with operator_session(DEFAULT_CUSTOMER) as session:
        count = await forget_old_keys(session.conn, session.settings)
    if as_json:
        show_json({"forgotten": count})
    else:
        typer.echo(f"Forgotten: {count} old {'key' if count == 1 else 'keys'}.")

"""`inlet analyst`: which login roles of Postgres read a customer with SQL. Makes no role."""

from typing import Annotated

import typer

from app.ids import new_id
from app.operator_session import (
    DEFAULT_CUSTOMER,
    CustomerOption,
    JsonOption,
    OperatorSession,
    operator_session,
    run,
)
from app.terminal_output import show_items, show_json, show_table
from domain.actor import Actor
from domain.errors import OperatorError
from store.analyst_role import ANALYST, MAKE_ANALYSTS, NO_ANALYSTS, analysts_can_read
from store.analysts import Analyst, delete_analyst, find_role, list_analysts, set_analyst
from store.audit import AuditEntry, record_audit

app = typer.Typer(name="analyst", no_args_is_help=True, help="Who reads a customer with SQL.")

_RoleName = Annotated[
    str, typer.Argument(metavar="ROLE", help="The role of Postgres that they log in with.")
]


@app.command()
def add(
    role_name: _RoleName,
    *,
    sees_people: Annotated[
        bool, typer.Option("--sees-people", help="Show addresses, names, subjects and texts.")
    ] = False,
    customer: CustomerOption = DEFAULT_CUSTOMER,
    as_json: JsonOption = False,
) -> None:
    """Let a role read the views of a customer; without --sees-people it sees no people."""
    run(_add(role_name, sees_people, customer, as_json))


@app.command("list")
def list_(customer: CustomerOption = DEFAULT_CUSTOMER, as_json: JsonOption = False) -> None:
    """List the roles that read a customer, by name."""
    run(_list(customer, as_json))


@app.command()
def remove(role_name: _RoleName, customer: CustomerOption = DEFAULT_CUSTOMER) -> None:
    """Let a role read a customer no more; the role itself stays."""
    run(_remove(role_name, customer))


async def _add(role_name: str, sees_people: bool, customer: str, as_json: bool) -> None:
    async with operator_session(customer, as_owner=True) as session, session.conn.transaction():
        await _check(session, role_name)
        if not await set_analyst(
            session.conn, session.customer_id, role_name, sees_people=sees_people
        ):
            raise OperatorError("the role reads this customer already")
        await _audit(session, "analyst.added", role_name, {"sees_people": sees_people})
        analysts = await list_analysts(session.conn, session.customer_id)
    (added,) = [analyst for analyst in analysts if analyst.role_name == role_name]
    if as_json:
        show_json(added)
        return
    _table([added])


async def _list(customer: str, as_json: bool) -> None:
    async with operator_session(customer, as_owner=True) as session:
        analysts = await list_analysts(session.conn, session.customer_id)
    if as_json:
        show_items(analysts)
        return
    _table(analysts)


async def _remove(role_name: str, customer: str) -> None:
    async with operator_session(customer, as_owner=True) as session, session.conn.transaction():
        if not await delete_analyst(session.conn, session.customer_id, role_name):
            raise OperatorError("the role does not read this customer: see `inlet analyst list`")
        await _audit(session, "analyst.removed", role_name, {})
    typer.echo("Removed.")


async def _check(session: OperatorSession, role_name: str) -> None:
    """Refuse a role that would read nothing, or everything.

    Raises: OperatorError.
    """
    if not await analysts_can_read(session.conn):
        raise OperatorError(f"{NO_ANALYSTS}; {MAKE_ANALYSTS}")
    role = await find_role(session.conn, role_name)
    if not role.exists:
        raise OperatorError(
            "Postgres has no such role: whoever may make roles does "
            f"`CREATE ROLE {role.quoted} LOGIN PASSWORD '...' IN ROLE {ANALYST}`"
        )
    if role.is_owner:
        raise OperatorError("the role reads every customer already: it may become the owner")
    if not role.can_log_in:
        raise OperatorError(
            "the role cannot log in, and who reads is the role that logged in: "
            f"`ALTER ROLE {role.quoted} LOGIN`"
        )
    if not role.is_analyst:
        raise OperatorError(
            f"the role is no member of {ANALYST}: whoever may does "
            f"`GRANT {ANALYST} TO {role.quoted}`"
        )


async def _audit(
    session: OperatorSession, action: str, role_name: str, detail: dict[str, object]
) -> None:
    entry = AuditEntry(id=new_id(), action=action, detail={"role_name": role_name, **detail})
    await record_audit(session.conn, Actor(customer_id=session.customer_id), [entry])


def _table(analysts: list[Analyst]) -> None:
    show_table(
        ("role", "sees people", "added", "can read"),
        [
            (analyst.role_name, analyst.sees_people, analyst.created_at, analyst.can_read)
            for analyst in analysts
        ],
        empty="No analysts yet: add one with `inlet analyst add`.",
    )

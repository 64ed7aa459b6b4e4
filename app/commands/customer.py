"""`inlet customer`: whose messages these are, and how long each keeps what was received."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Annotated

import typer

from app.ids import new_id
from app.operator_session import DEFAULT_CUSTOMER, JsonOption, operator_session, run
from app.settings import Settings
from app.terminal_output import show_facts, show_items, show_json, show_table
from app.work import retention
from domain.actor import Actor
from domain.byte_count import read_byte_count, write_byte_count
from domain.errors import OperatorError
from domain.retention import OwnRetention
from store.audit import AuditEntry, record_audit
from store.customers import Customer, insert_customer, list_customers, set_customer
from store.database import Connection

app = typer.Typer(
    name="customer", no_args_is_help=True, help="The customers, and how long each keeps things."
)

_LONGEST_NAME = 100
_MOST_DAYS = 36_500
_FEWEST = {
    "event_days": 7, "dead_letter_days": 1, "quarantine_days": 1, "outbox_days": 1, "file_days": 1,
}  # fmt: skip
_DEFAULT = "default"

_Named = Annotated[str, typer.Argument(metavar="CUSTOMER", help="Name of the customer.")]
_EventDays = Annotated[
    str | None, typer.Option(help="Days for which settled events are kept, or `default`.")
]
_DeadLetterDays = Annotated[
    str | None, typer.Option(help="Days for which dead letters are kept, or `default`.")
]
_QuarantineDays = Annotated[
    str | None, typer.Option(help="Days for which refused deliveries are kept, or `default`.")
]
_OutboxDays = Annotated[
    str | None, typer.Option(help="Days for which changes can be followed, or `default`.")
]
_FileDays = Annotated[
    str | None,
    typer.Option(help="Days for which files are kept after their newest message, or `default`."),
]
_FileQuota = Annotated[
    str | None,
    typer.Option(help="How much agents' files may add up to, as 10GB, or `default`: any amount."),
]


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What people call the customer.")],
    *,
    event_days: _EventDays = None,
    dead_letter_days: _DeadLetterDays = None,
    quarantine_days: _QuarantineDays = None,
    outbox_days: _OutboxDays = None,
    file_days: _FileDays = None,
    file_quota: _FileQuota = None,
    as_json: JsonOption = False,
) -> None:
    """Add a customer; channels, agents and keys are added with `--customer NAME`."""
    given = {
        "event_days": event_days,
        "dead_letter_days": dead_letter_days,
        "quarantine_days": quarantine_days,
        "outbox_days": outbox_days,
        "file_days": file_days,
    }
    quota = _read_quota(file_quota) if file_quota else None
    run(_add(_checked_name(name), _with_days(OwnRetention(), given), quota, as_json))


@app.command("list")
def list_(as_json: JsonOption = False) -> None:
    """List the customers, the oldest first."""
    run(_list(as_json))


@app.command()
def show(customer: _Named, as_json: JsonOption = False) -> None:
    """Show a customer, and how long what they receive is kept."""
    run(_show(customer, as_json))


@app.command("set")
def set_(
    customer: _Named,
    *,
    name: Annotated[str | None, typer.Option(help="What people call them from now on.")] = None,
    event_days: _EventDays = None,
    dead_letter_days: _DeadLetterDays = None,
    quarantine_days: _QuarantineDays = None,
    outbox_days: _OutboxDays = None,
    file_days: _FileDays = None,
    file_quota: _FileQuota = None,
    as_json: JsonOption = False,
) -> None:
    """Rename a customer, or change how long they keep things; `default` follows the settings."""
    given = {
        "event_days": event_days,
        "dead_letter_days": dead_letter_days,
        "quarantine_days": quarantine_days,
        "outbox_days": outbox_days,
        "file_days": file_days,
    }
    if name is None and file_quota is None and not any(given.values()):
        raise OperatorError("say what to change: see `inlet customer set --help`")
    checked = None if name is None else _checked_name(name)
    run(_set(customer, checked, given, file_quota, as_json))


async def _add(name: str, own: OwnRetention, quota: int | None, as_json: bool) -> None:
    async with operator_session(DEFAULT_CUSTOMER) as session:
        async with session.conn.transaction():
            customer_id = await insert_customer(session.conn, name, own, quota)
            if customer_id is None:
                raise OperatorError("a customer has this name: see `inlet customer list`")
            detail = {"name": name, **asdict(own), "most_file_bytes": quota}
            await _audit(session.conn, customer_id, "customer.added", detail)
        found = _named(await list_customers(session.conn), name)
        _present(found, session.settings, as_json)


async def _list(as_json: bool) -> None:
    async with operator_session(DEFAULT_CUSTOMER) as session:
        customers = await list_customers(session.conn)
        settings = session.settings
    if as_json:
        show_items([_facts(customer, settings) for customer in customers])
        return
    show_table(
        (
            "id",
            "name",
            "channels",
            "events",
            "dead letters",
            "quarantine",
            "changes",
            "files",
            "quota",
        ),
        [
            (
                found.id,
                found.name,
                found.channels,
                *map(_days, _kept(found, settings).values()),
                _quota(found),
            )
            for found in customers
        ],
        empty="No customers.",
    )


async def _show(customer: str, as_json: bool) -> None:
    async with operator_session(DEFAULT_CUSTOMER) as session:
        found = _named(await list_customers(session.conn), customer)
        _present(found, session.settings, as_json)


async def _set(
    customer: str,
    name: str | None,
    given: Mapping[str, str | None],
    file_quota: str | None,
    as_json: bool,
) -> None:
    async with operator_session(DEFAULT_CUSTOMER) as session:
        found = _named(await list_customers(session.conn), customer)
        if name is not None and name != found.name == DEFAULT_CUSTOMER:
            raise OperatorError("the first customer keeps its name: commands look for it")
        changed = replace(
            found,
            name=name or found.name,
            retention=_with_days(found.retention, given),
            most_file_bytes=_read_quota(file_quota) if file_quota else found.most_file_bytes,
        )
        async with session.conn.transaction():
            if not await set_customer(session.conn, changed):
                raise OperatorError("another customer has this name: see `inlet customer list`")
            detail = {
                "name": changed.name,
                **asdict(changed.retention),
                "most_file_bytes": changed.most_file_bytes,
            }
            await _audit(session.conn, found.id, "customer.changed", detail)
        _present(changed, session.settings, as_json)


async def _audit(
    conn: Connection, customer_id: int, action: str, detail: Mapping[str, object]
) -> None:
    """Write into the customer's own audit what an operator did to them."""
    entry = AuditEntry(id=new_id(), action=action, detail=detail)
    await record_audit(conn, Actor(customer_id=customer_id), [entry])


def _named(customers: list[Customer], name: str) -> Customer:
    for customer in customers:
        if customer.name == name:
            return customer
    raise OperatorError("no customer has this name: see `inlet customer list`")


def _present(customer: Customer, settings: Settings, as_json: bool) -> None:
    if as_json:
        show_json(_facts(customer, settings))
        return
    kept = {
        name: f"{_days(days)}{'' if getattr(customer.retention, name) else ' (the default)'}"
        for name, days in _kept(customer, settings).items()
    }
    facts = {"id": customer.id, "name": customer.name, "created": customer.created_at}
    show_facts({**facts, "channels": customer.channels, **kept, "file quota": _quota(customer)})


def _facts(customer: Customer, settings: Settings) -> dict[str, object]:
    """Write a customer as JSON: what they say (null: nothing), and what holds for them."""
    return {
        "id": customer.id,
        "name": customer.name,
        "created_at": customer.created_at,
        "channels": customer.channels,
        "own": asdict(customer.retention),
        "kept": _kept(customer, settings),
        "most_file_bytes": customer.most_file_bytes,
    }


def _kept(customer: Customer, settings: Settings) -> dict[str, int]:
    """Return for how many days each kind of thing is kept; 0 is for ever."""
    given = asdict(customer.retention)
    return {name: given[name] or days for name, days in asdict(retention(settings)).items()}


def _days(days: int) -> str:
    return f"{days} days" if days else "for ever"


def _quota(customer: Customer) -> str:
    most = customer.most_file_bytes
    return "none" if most is None else write_byte_count(most)


def _read_quota(raw: str) -> int | None:
    if raw == _DEFAULT:
        return None
    try:
        return read_byte_count(raw)
    except ValueError as error:
        raise OperatorError(f"--file-quota takes {error}, or {_DEFAULT}") from None


def _with_days(own: OwnRetention, given: Mapping[str, str | None]) -> OwnRetention:
    """Change what was said.

    Raises: OperatorError naming the option.
    """
    changes = {name: _read_days(name, raw) for name, raw in given.items() if raw}
    return replace(own, **changes)


def _read_days(name: str, raw: str) -> int | None:
    if raw == _DEFAULT:
        return None
    fewest = _FEWEST[name]
    if not (raw.isascii() and raw.isdigit() and fewest <= int(raw[:6]) <= _MOST_DAYS):
        option = name.replace("_", "-")
        raise OperatorError(f"--{option} takes {fewest} to {_MOST_DAYS}, or {_DEFAULT}")
    return int(raw)


def _checked_name(name: str) -> str:
    stripped = name.strip()
    if not stripped or len(stripped) > _LONGEST_NAME or not stripped.isprintable():
        raise OperatorError(f"a name has 1 to {_LONGEST_NAME} printable characters")
    return stripped

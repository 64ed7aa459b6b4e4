"""Compares receipts with their events, read again. What became of their messages stays as it is."""

from collections.abc import Sequence

from domain.receipt import NewReceipt
from store.database import Connection
from store.derived_rows import Differing
from store.receipt_differences import StoredReceipt, mend_receipt, read_stored_receipts
from worker.background.repeating import BackgroundConfig
from worker.comparing.part import Part, one_moment
from worker.comparing.reading_again import read_receipts


async def compare(
    conn: Connection, config: BackgroundConfig, customer_id: int, ids: Sequence[str]
) -> Differing:
    """Say which receipts say something else than their events, and about what."""
    async with one_moment(conn):
        told = await read_receipts(conn, config, customer_id, ids)
        stored = await read_stored_receipts(conn, customer_id, list(told)) if told else {}
    found = {key: _columns(told[key], receipt) for key, receipt in stored.items()}
    return {key: columns for key, columns in found.items() if columns}


async def compare_none(
    _conn: Connection, _config: BackgroundConfig, _customer_id: int, _ids: Sequence[str]
) -> Differing:
    """Compare nothing: a receipt that is missing is one of the events' differences."""
    return {}


async def mend(
    conn: Connection, config: BackgroundConfig, customer_id: int, differing: Differing
) -> None:
    """Let receipts say what their events say."""
    told = await read_receipts(conn, config, customer_id, list(differing))
    for key, receipt in told.items():
        await mend_receipt(conn, customer_id, key, _as_stored(receipt))


def _columns(told: NewReceipt, stored: StoredReceipt) -> list[str]:
    wanted = _as_stored(told)
    return [
        name
        for name, value in wanted._asdict().items()
        # What a report is about was found by a Message-ID, which stays when it is sent once more.
        if value != getattr(stored, name) and not (name == "provider_message_id" and _is_mail(told))
    ]


def _is_mail(told: NewReceipt) -> bool:
    return told.event.kind == "message"


def _as_stored(told: NewReceipt) -> StoredReceipt:
    receipt = told.receipt
    return StoredReceipt(
        provider_message_id=receipt.provider_message_id,
        status=receipt.status,
        provider_status=receipt.provider_status,
        error_code=receipt.error_code,
        is_opt_out=receipt.is_opt_out,
        occurred_at=told.occurred_at,
    )


MESSAGE_RECEIPTS = Part(
    name="message_receipts",
    tables=("message_receipts",),
    at_once=200,
    compare=compare,
    mend=mend,
    compare_walked=compare_none,
)

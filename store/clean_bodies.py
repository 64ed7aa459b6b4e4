"""HTML texts as they are shown, each cleaned once and kept with the version of the rules.

What is not kept, or by other rules, counts as not there. Knows neither rules nor page.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from psycopg.rows import class_row

from domain.mail_html import CLEANING, CleanMail
from store.database import Connection
from store.sql import statements

_SQL = statements("clean_bodies")
_READ = _SQL["read_bodies_to_clean"]
_KEEP = _SQL["keep_clean_bodies"]
_FIND_OUTDATED = _SQL["find_outdated_body"]
_FORGET_OUTDATED = _SQL["forget_outdated_body"]
_FIND = _SQL["find_clean_body"]
_WITH_IMAGES = _SQL["list_with_images"]

BodyKey = tuple[int, int]  # customer, hash


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyToClean:
    customer_id: int
    hash: int
    text: str


async def read_bodies_to_clean(
    conn: Connection, messages: Collection[tuple[int, str]]
) -> list[BodyToClean]:
    """Read what of these messages, each named by customer and id, is HTML and not kept clean."""
    async with conn.cursor(row_factory=class_row(BodyToClean)) as cursor:
        await cursor.execute(
            _READ,
            {
                "customer_ids": [customer_id for customer_id, _ in messages],
                "message_ids": [message_id for _, message_id in messages],
                "cleaning": CLEANING,
            },
        )
        return await cursor.fetchall()


async def keep_clean_bodies(conn: Connection, cleaned: Mapping[BodyKey, CleanMail]) -> None:
    """Keep texts clean."""
    await conn.execute(
        _KEEP,
        {
            "customer_ids": [customer_id for customer_id, _ in cleaned],
            "hashes": [body_hash for _, body_hash in cleaned],
            "htmls": [mail.html for mail in cleaned.values()],
            "htmls_with_images": [mail.html_with_images for mail in cleaned.values()],
            "cleaning": CLEANING,
        },
    )


async def find_outdated_body(conn: Connection) -> BodyToClean | None:
    """Find the newest text that is kept clean by older rules."""
    async with conn.cursor(row_factory=class_row(BodyToClean)) as cursor:
        await cursor.execute(_FIND_OUTDATED, {"cleaning": CLEANING})
        return await cursor.fetchone()


async def forget_outdated_body(conn: Connection, key: BodyKey) -> None:
    """Keep a text clean no longer that is so by older rules."""
    customer_id, body_hash = key
    await conn.execute(
        _FORGET_OUTDATED, {"customer_id": customer_id, "hash": body_hash, "cleaning": CLEANING}
    )


async def find_clean_body(
    conn: Connection, customer_id: int, message_id: str, *, shows_images: bool
) -> str | None:
    """Find what is shown of a message's HTML; None where it is not kept."""
    cursor = await conn.execute(
        _FIND,
        {
            "customer_id": customer_id,
            "message_id": message_id,
            "shows_images": shows_images,
            "cleaning": CLEANING,
        },
    )
    row = await cursor.fetchone()
    return row[0] if row else None


async def list_with_images(
    conn: Connection, customer_id: int, message_ids: Collection[str]
) -> set[str]:
    """Say which messages have remote images, or may have some that are not kept clean."""
    cursor = await conn.execute(
        _WITH_IMAGES,
        {
            "customer_id": customer_id,
            "message_ids": list(message_ids),
            "cleaning": CLEANING,
        },
    )
    return {row[0] for row in await cursor.fetchall()}

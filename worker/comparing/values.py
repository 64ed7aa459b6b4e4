"""Compares addresses and texts with their hashes, and clean HTML with what it was made of."""

from collections.abc import Sequence

from domain.address import Address
from domain.long_texts import TextNotWorkedOn
from domain.mail_html import clean_mail
from store.clean_bodies import keep_clean_bodies
from store.database import Connection
from store.derived_rows import Differing
from store.value_differences import (
    lies_under,
    list_events_of_address,
    list_events_of_body,
    list_strange_addresses,
    list_strange_bodies,
    mend_address,
    mend_body,
    read_kept_clean,
)
from worker.background.repeating import BackgroundConfig
from worker.comparing.part import Part
from worker.comparing.reading_again import read_drafts
from worker.reading.draft import MessageDraft


async def compare_addresses(
    conn: Connection, _config: BackgroundConfig, customer_id: int, ids: Sequence[str]
) -> Differing:
    """Say which addresses do not lie under their hashes."""
    return {key: ["value"] for key in await list_strange_addresses(conn, customer_id, ids)}


async def mend_addresses(
    conn: Connection, config: BackgroundConfig, customer_id: int, differing: Differing
) -> None:
    """Give addresses the values that events tell of them."""
    for hashed in differing:
        event_ids = await list_events_of_address(conn, customer_id, hashed)
        drafts = await read_drafts(conn, config, customer_id, event_ids)
        for address in {found for draft in drafts.values() for found in _addresses(draft)}:
            if lies_under(str(address), int(hashed)):
                await mend_address(conn, customer_id, hashed, address)


async def compare_bodies(
    conn: Connection, _config: BackgroundConfig, customer_id: int, ids: Sequence[str]
) -> Differing:
    """Say which texts do not lie under their hashes."""
    return {key: ["text"] for key in await list_strange_bodies(conn, customer_id, ids)}


async def mend_bodies(
    conn: Connection, config: BackgroundConfig, customer_id: int, differing: Differing
) -> None:
    """Give hashes the texts that events tell; what we wrote ourselves no event tells."""
    for hashed in differing:
        event_ids = await list_events_of_body(conn, customer_id, hashed)
        drafts = await read_drafts(conn, config, customer_id, event_ids)
        texts = {draft.body for draft in drafts.values() if lies_under(draft.body, int(hashed))}
        for text in texts:
            await mend_body(conn, customer_id, hashed, text)


async def compare_clean(
    conn: Connection, config: BackgroundConfig, customer_id: int, ids: Sequence[str]
) -> Differing:
    """Say which HTML texts are kept otherwise than they are cleaned."""
    differing: Differing = {}
    for hashed, kept in (await read_kept_clean(conn, customer_id, ids)).items():
        try:
            mail = await config.long_texts.work_on(len(kept.text), clean_mail, kept.text)
        except TextNotWorkedOn:
            continue
        if mail != kept.clean:
            differing[hashed] = ["html"]
    return differing


async def mend_clean(
    conn: Connection, config: BackgroundConfig, customer_id: int, differing: Differing
) -> None:
    """Clean HTML texts again."""
    kept = await read_kept_clean(conn, customer_id, list(differing))
    for hashed, found in kept.items():
        mail = await config.long_texts.work_on(len(found.text), clean_mail, found.text)
        await keep_clean_bodies(conn, {(customer_id, int(hashed)): mail})


def _addresses(draft: MessageDraft) -> set[Address]:
    named = {canonical.address for canonical in (*draft.own, *draft.others)}
    return named | {draft.sender} | {address for _, address in draft.recipients}


ADDRESSES = Part(
    name="addresses",
    tables=("addresses",),
    at_once=1_000,
    compare=compare_addresses,
    mend=mend_addresses,
)
BODIES = Part(
    name="bodies", tables=("bodies",), at_once=500, compare=compare_bodies, mend=mend_bodies
)
CLEAN_BODIES = Part(
    name="clean_bodies",
    tables=("clean_bodies",),
    at_once=20,
    compare=compare_clean,
    mend=mend_clean,
)

"""Letting a refused delivery through after all: asked first, then done."""

from inbox.operations.done_message import done_link
from inbox.operations.page_format import instant, short_id
from inbox.operations.page_views import Pair, Question
from inbox.operations.quarantine import (
    Inspection,
    Inspector,
    inspect_quarantined,
    release_quarantined,
)
from inbox.operations.quarantine_page import PATH, named_delivery
from inbox.operations.recovery_page import Act, Ask, reason_of
from inbox.page.page_request import PageRequest
from store.database import Connection


def ask_release(inspector: Inspector) -> Ask:
    """Ask before a refused delivery is released."""

    async def ask(conn: Connection, page_request: PageRequest) -> Question:
        delivery_id = named_delivery(page_request)
        inspection = await inspect_quarantined(
            conn, page_request.key.customer_id, delivery_id, inspector
        )
        listed = inspection.found.listed
        return Question(
            heading="Release this delivery?",
            sentences=_sentences(inspection),
            samples=[
                Pair(label="Delivery", text=short_id(listed.id), is_code=True),
                Pair(label="Channel", text=listed.channel_name),
                Pair(label="Received", at=instant(listed.received_at, page_request.clock)),
            ],
            action=f"{PATH}/{delivery_id}/release",
            button="Release",
            back_href=f"{PATH}/{delivery_id}",
            back="Back to the delivery",
            place="quarantine",
            count=0 if listed.released_at or listed.is_cut else 1,
            unavailable="It was released already."
            if listed.released_at
            else "Its body was too long to be kept whole.",
            is_grave=inspection.obstacle is not None,
            unverified="Release it although it is not verified" if inspection.obstacle else "",
        )

    return ask


def do_release(inspector: Inspector) -> Act:
    """Record the events of the delivery."""

    async def act(conn: Connection, page_request: PageRequest) -> str:
        delivery_id = named_delivery(page_request)
        release = await release_quarantined(
            conn,
            page_request.actor,
            delivery_id,
            inspector,
            reason=reason_of(page_request),
            is_unverified=page_request.form.get("unverified") == "yes",
            new_id=page_request.shared.new_id,
        )
        recorded = len(release.event_ids) - len(release.known_ids)
        return done_link(f"{PATH}/{delivery_id}", "released", recorded)

    return act


def _sentences(inspection: Inspection) -> list[str]:
    first = (
        "Its events are recorded with the time at which it arrived. "
        "Those that have arrived otherwise are not recorded again."
    )
    if inspection.obstacle is None:
        return [first, "With the channel's present secrets its signature matches."]
    return [
        first,
        f"Nothing shows who sent it: {inspection.obstacle}. Mend the channel's secret first, "
        "unless you know from elsewhere that it is authentic.",
    ]

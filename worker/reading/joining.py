"""Makes one draft of the drafts of a text's parts. Pure; knows no table."""

from collections.abc import Sequence

from msgspec import structs

from domain.channel import Channel
from domain.consent import keyword_consent
from domain.divided_text import MOST_PARTS, joined_text
from domain.event import ClaimedEvent
from domain.identity import derived_uuid
from domain.message import MessagePart
from domain.near_miss import may_opt_out
from domain.preview import preview
from worker.reading.draft import MessageDraft, PartPlace
from worker.reading.normalise import normalise


def part_draft(event: ClaimedEvent, reading: MessagePart, channel: Channel) -> MessageDraft:
    """Make a draft of one part; numbers that no part can have make it a message of its own."""
    draft = normalise(event, reading.message, channel)
    if not 1 <= reading.number <= reading.total <= MOST_PARTS or reading.total == 1:
        return draft
    sender, own_address = str(draft.sender), str(draft.own_address)
    group = derived_uuid("part", channel.id, sender, own_address, reading.reference, reading.total)
    return structs.replace(
        draft,
        part=PartPlace(group=group, number=reading.number, total=reading.total),
        consent=None,
        may_opt_out=False,
    )


def join_parts(parts: Sequence[tuple[MessageDraft, PartPlace]], channel: Channel) -> MessageDraft:
    """Make the draft of the text that these parts are of; its event is the first of theirs."""
    ordered = [draft for draft, _ in sorted(parts, key=_number)]
    first = min(ordered, key=_event_id)
    texts = {place.number: draft.body for draft, place in parts}
    body = joined_text(texts, parts[0][1].total)
    attachments = tuple(file for draft in ordered for file in draft.attachments)
    is_inbound = first.direction == "inbound"
    consent = keyword_consent(body, channel.region) if is_inbound else None
    return structs.replace(
        first,
        body=body,
        preview=preview(body, first.body_format, len(attachments), first.subject),
        attachments=attachments,
        sent_at=min(draft.sent_at for draft in ordered),
        consent=consent,
        may_opt_out=is_inbound and consent is None and may_opt_out(body),
        part=None,
    )


def _number(part: tuple[MessageDraft, PartPlace]) -> int:
    return part[1].number


def _event_id(draft: MessageDraft) -> str:
    return draft.event.id

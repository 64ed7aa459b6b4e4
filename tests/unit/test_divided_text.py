"""Which parts are of one text, and what they say together."""

from datetime import datetime, timedelta

import pytest
from samples import NOW, channel

from domain.divided_text import PARTS_WITHIN, WaitingPart, group_parts, joined_text
from domain.event import ClaimedEvent
from domain.message import InboundMessage, MessagePart, Recipient
from worker.reading.joining import part_draft


def a_part(
    name: str, number: int, total: int = 3, *, at: datetime = NOW, is_due: bool = False
) -> WaitingPart:
    return WaitingPart(event_id=name, number=number, total=total, received_at=at, is_due=is_due)


@pytest.mark.parametrize(
    ("texts", "total", "joined"),
    [
        ({1: "a", 2: "b", 3: "c"}, 3, "abc"),
        ({1: "a", 3: "c"}, 3, "a\n[part 2 of 3 missing]\nc"),
        ({3: "c"}, 3, "[parts 1 to 2 of 3 missing]\nc"),
        ({1: "a"}, 255, "a\n[parts 2 to 255 of 255 missing]"),
        ({1: "", 2: ""}, 2, ""),
    ],
)
def test_a_text_says_what_is_missing_of_it(texts: dict[int, str], total: int, joined: str) -> None:
    assert joined_text(texts, total) == joined


def test_parts_are_told_apart_by_number_and_time() -> None:
    later, much_later = NOW + PARTS_WITHIN, NOW + PARTS_WITHIN + timedelta(seconds=1)
    groups = group_parts([
        a_part("d", 1, at=much_later),
        a_part("c", 3, at=later),
        a_part("b", 1),
        a_part("a", 1),
    ])  # fmt: skip
    found = [{number: part.event_id for number, part in group.parts.items()} for group in groups]
    assert found == [{1: "a", 3: "c"}, {1: "b"}, {1: "d"}]


def test_a_group_is_ready_when_it_is_whole_or_was_waited_for() -> None:
    whole, waited_for, waiting = group_parts([
        *(a_part(f"a{number}", number) for number in (1, 2, 3)),
        a_part("b1", 1, is_due=True),
        a_part("c1", 1, at=NOW + PARTS_WITHIN * 2),
    ])  # fmt: skip
    assert (whole.is_ready, waited_for.is_ready, waiting.is_ready) == (True, True, False)


def test_many_parts_with_one_number_are_grouped_quickly() -> None:
    groups = group_parts(a_part(f"{nth:05}", 1) for nth in range(20_000))
    assert len(groups) == 20_000


@pytest.mark.parametrize(("number", "total"), [(1, 1), (0, 2), (3, 2), (1, 256), (1, 0)])
def test_a_part_that_no_text_can_have_is_a_message(number: int, total: int) -> None:
    event = ClaimedEvent(
        customer_id=1, id="e", channel_id="c", provider="vonage", kind="message", dedup_key="k",
        body=b"", content_type="", received_at=NOW, attempt=1, is_settled=False,
    )  # fmt: skip
    written = InboundMessage(
        kind="sms",
        provider_message_id="m",
        sender="+14155550101",
        recipients=(Recipient(role="to", address="+14155550199"),),
        body="Hello",
    )
    reading = MessagePart(message=written, reference="7", number=number, total=total)
    assert part_draft(event, reading, channel("vonage", "sms")).part is None

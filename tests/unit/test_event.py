"""What makes two events of a channel the same event."""

from hypothesis import given
from hypothesis import strategies as st

from domain.event import fit_id, message_event, receipt_event, unreadable_event


def test_a_message_is_known_by_its_provider_id() -> None:
    event = message_event("SM1", b"body")
    assert (event.kind, event.provider_message_id) == ("message", "SM1")
    assert (event.dedup_key, event.body) == ("message:SM1", b"body")
    assert message_event("sm1", b"").dedup_key != event.dedup_key


def test_a_receipt_is_known_by_its_status_too() -> None:
    sent, delivered = receipt_event("SM1", "sent", b""), receipt_event("SM1", "delivered", b"")
    assert sent.dedup_key == "receipt:SM1:sent"
    assert len({sent.dedup_key, delivered.dedup_key, message_event("SM1", b"").dedup_key}) == 3


def test_what_nobody_understands_is_known_by_its_bytes() -> None:
    event = unreadable_event(b"\xff")
    assert (event.kind, event.provider_message_id) == ("unreadable", None)
    assert event == unreadable_event(b"\xff")
    assert event.dedup_key != unreadable_event(b"\xfe").dedup_key


@given(st.text(st.characters(), max_size=600), st.text(st.characters(), max_size=600))
def test_every_key_fits_an_index(identity: str, status: str) -> None:
    event = receipt_event(identity, status, b"")
    assert len(event.dedup_key) <= len("receipt::") + 2 * 255
    assert "\0" not in event.dedup_key
    assert event.dedup_key.encode()
    assert fit_id(fit_id(identity)) == fit_id(identity)


def test_long_ids_stay_apart() -> None:
    assert fit_id("x" * 255) == "x" * 255
    assert fit_id("x" * 300) != fit_id("x" * 301)

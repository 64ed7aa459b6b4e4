"""What a batch brings to a conversation is the same in whatever portions it is added up."""

from datetime import timedelta
from itertools import permutations

from flows import NOW

from domain.address import Address, Canonical
from domain.event import ClaimedEvent
from store.conversations import ConversationTotals
from worker.reading.draft import MessageDraft
from worker.writing.totals import combined, in_order, totals_of

_OWN = Canonical(address=Address("phone", "+14155550199"), is_validated=True)


def _draft(name: str, minute: int, arrived: int | None = None) -> MessageDraft:
    event = ClaimedEvent(
        customer_id=1,
        id=name,
        channel_id="c",
        provider="generic",
        kind="message",
        dedup_key=name,
        body=b"",
        content_type="",
        received_at=NOW + timedelta(minutes=minute if arrived is None else arrived),
        attempt=1,
        is_settled=False,
    )
    return MessageDraft(
        direction="inbound",
        event=event,
        kind="sms",
        key_hash="k",
        own_address=_OWN.address,
        own=(_OWN,),
        others=(),
        sender=_OWN.address,
        sender_name=None,
        recipients=(),
        subject=f"About {name}",
        body=name,
        body_format="text",
        preview=f"Body of {name}",
        attachments=(),
        provider_message_id=name,
        sent_at=NOW + timedelta(minutes=minute),
        thread=None,
    )


def _totals(*drafts: MessageDraft) -> ConversationTotals:
    return totals_of(sorted(drafts, key=in_order), "id", "k")


def test_totals_have_its_first_and_its_last_message() -> None:
    totals = _totals(_draft("b", 2), _draft("c", 3), _draft("a", 1))
    assert (totals.added, totals.added_inbound) == (3, 3)
    assert (totals.first_id, totals.subject) == ("a", "About a")
    assert (totals.last_id, totals.preview) == ("c", "Body of c")
    assert totals.last_at - totals.first_at == timedelta(minutes=2)


def test_first_is_what_was_sent_first_and_last_what_arrived_last() -> None:
    totals = _totals(_draft("a", 1, 9), _draft("b", 2, 8), _draft("c", 3, 7))
    assert (totals.first_id, totals.subject) == ("a", "About a")
    assert (totals.last_id, totals.preview) == ("a", "Body of a")
    assert [at - NOW for at in totals.received_ats] == [timedelta(minutes=n) for n in (7, 8, 9)]


def test_the_id_decides_between_messages_of_one_moment() -> None:
    for drafts in permutations([_draft("a", 0), _draft("b", 0), _draft("c", 0)]):
        totals = _totals(*drafts)
        assert (totals.first_id, totals.last_id) == ("a", "c")


def test_portions_add_up_to_the_whole() -> None:
    """Minutes repeat, so that ids decide too."""
    drafts = [_draft("a", 1), _draft("b", 0), _draft("c", 1), _draft("d", 0)]
    whole = _totals(*drafts)
    for one, two, three, four in permutations(drafts):
        assert combined(_totals(one), _totals(two, three, four)) == whole
        assert combined(_totals(one, two), _totals(three, four)) == whole
        pairs = combined(_totals(one), _totals(two)), combined(_totals(three), _totals(four))
        assert combined(*pairs) == whole


def test_totals_stay_those_of_its_own_conversation() -> None:
    other = totals_of([_draft("b", 0)], "other id", "other key")
    totals = combined(_totals(_draft("a", 1)), other)
    assert (totals.id, totals.key_hash) == ("id", "k")
    assert (totals.first_id, totals.last_id) == ("b", "a")

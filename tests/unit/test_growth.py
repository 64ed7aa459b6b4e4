"""What a batch brings to a conversation is the same in whatever portions it is added up."""

from datetime import timedelta
from itertools import permutations

from flows import NOW

from domain.address import Address, Canonical
from domain.event import ClaimedEvent
from store.conversations import ConversationGrowth
from worker.reading.draft import MessageDraft
from worker.writing.totals import combined, growth_of, in_order

_OWN = Canonical(address=Address("phone", "+14155550199"), is_validated=True)


def _draft(name: str, minute: int) -> MessageDraft:
    event = ClaimedEvent(
        customer_id=1,
        id=name,
        channel_id="c",
        provider="generic",
        kind="message",
        dedup_key=name,
        body=b"",
        content_type="",
        received_at=NOW,
        attempt=1,
        is_settled=False,
    )
    return MessageDraft(
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


def _grown(*drafts: MessageDraft) -> ConversationGrowth:
    return growth_of(sorted(drafts, key=in_order), "id", "k")


def test_a_growth_has_its_first_and_its_last_message() -> None:
    grown = _grown(_draft("b", 2), _draft("c", 3), _draft("a", 1))
    assert (grown.added, grown.added_inbound) == (3, 3)
    assert (grown.first_id, grown.subject) == ("a", "About a")
    assert (grown.last_id, grown.preview) == ("c", "Body of c")
    assert grown.last_at - grown.first_at == timedelta(minutes=2)


def test_the_id_decides_between_messages_of_one_moment() -> None:
    for drafts in permutations([_draft("a", 0), _draft("b", 0), _draft("c", 0)]):
        grown = _grown(*drafts)
        assert (grown.first_id, grown.last_id) == ("a", "c")


def test_portions_add_up_to_the_whole() -> None:
    """Minutes repeat, so that ids decide too."""
    drafts = [_draft("a", 1), _draft("b", 0), _draft("c", 1), _draft("d", 0)]
    whole = _grown(*drafts)
    for one, two, three, four in permutations(drafts):
        assert combined(_grown(one), _grown(two, three, four)) == whole
        assert combined(_grown(one, two), _grown(three, four)) == whole
        pairs = combined(_grown(one), _grown(two)), combined(_grown(three), _grown(four))
        assert combined(*pairs) == whole


def test_a_growth_stays_that_of_its_own_conversation() -> None:
    other = growth_of([_draft("b", 0)], "other id", "other key")
    grown = combined(_grown(_draft("a", 1)), other)
    assert (grown.id, grown.key_hash) == ("id", "k")
    assert (grown.first_id, grown.last_id) == ("b", "a")

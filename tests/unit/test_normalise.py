"""A message becomes one canonical draft, whatever it holds, and no address is lost."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from flows import ANN, BEN, CAT, NOW, OWN_EMAIL, OWN_PHONE, a_channel, a_mail, an_sms
from hypothesis import given
from hypothesis import strategies as st

from domain.address import Address
from domain.channel import Channel, ChannelKind
from domain.event import ClaimedEvent
from domain.message import Attachment, InboundMessage, Recipient, RecipientRole, ThreadHeaders
from worker.reading.draft import MessageDraft
from worker.reading.normalise import normalise


def _draft(
    message: InboundMessage, kind: ChannelKind | None = None, channel: Channel | None = None
) -> MessageDraft:
    kind = kind or ("email" if message.kind == "email" else "sms")
    event = ClaimedEvent(
        customer_id=1,
        id="01930000-0000-7000-8000-000000000002",
        channel_id="c",
        provider="generic",
        kind="message",
        dedup_key=f"message:{message.provider_message_id}",
        body=b"",
        content_type="",
        received_at=NOW,
        attempt=1,
        is_settled=False,
    )
    return normalise(event, message, channel or a_channel("c", kind))


def _others(draft: MessageDraft) -> list[str]:
    return [str(participant.address) for participant in draft.others]


def test_the_key_of_a_text_is_the_set_of_others() -> None:
    same = [
        an_sms("a", ANN, OWN_PHONE, BEN, CAT),
        an_sms("b", CAT, BEN, OWN_PHONE, ANN),
        an_sms("c", BEN, "4155550101", "(415) 555-0103"),
        an_sms("d", OWN_PHONE, ANN, BEN, CAT, CAT),
    ]
    keys = {_draft(message).key_hash for message in same}
    different = [an_sms("e", ANN, BEN), an_sms("f", ANN), an_sms("g", OWN_PHONE, OWN_PHONE)]
    assert len(keys) == 1
    assert len(keys | {_draft(message).key_hash for message in different}) == 4


_POOL = replace(
    a_channel("pool"),
    further_addresses=("+14155550197", "+14155550198"),
    customer_addresses=frozenset({"+14155550196"}),
)


@pytest.mark.parametrize(
    ("sender", "to", "own"),
    [
        (ANN, [OWN_PHONE], OWN_PHONE),
        (ANN, ["+14155550198", "+14155550197"], "+14155550197"),
        (ANN, ["+14155550197", OWN_PHONE], OWN_PHONE),
        ("+14155550198", [ANN], "+14155550198"),  # a copy of what we sent
        (ANN, ["+14155550195"], "+14155550195"),  # a pool need not be listed
        (ANN, ["+14155550196"], "+14155550196"),
        ("+14155550196", ["+14155550195"], "+14155550195"),
        (ANN, ["+14155550195", BEN], OWN_PHONE),
        (ANN, ["Our desk"], OWN_PHONE),  # nobody could answer from there
    ],
)
def test_the_own_address_of_a_text(sender: str, to: list[str], own: str) -> None:
    draft = _draft(an_sms("a", sender, *to), channel=_POOL)
    assert draft.own_address.value == own
    assert own in {participant.address.value for participant in draft.own}


def test_no_own_address_of_the_customer_is_an_other() -> None:
    text = an_sms("a", ANN, OWN_PHONE, "+14155550196", "(415) 555-0198", BEN)
    draft = _draft(text, channel=_POOL)
    assert _others(draft) == [f"phone:{ANN}", f"phone:{BEN}"]
    assert [participant.address.value for participant in draft.own] == [
        "+14155550196", "+14155550198", OWN_PHONE,
    ]  # fmt: skip
    assert draft.key_hash == _draft(an_sms("b", BEN, OWN_PHONE, ANN)).key_hash


def test_each_own_number_has_its_own_conversations() -> None:
    numbers = (*_POOL.own_addresses, "+14155550195")
    keys = [_draft(an_sms("a", ANN, number), channel=_POOL).key_hash for number in numbers]
    assert len(set(keys)) == len(numbers)
    assert keys[0] == _draft(an_sms("a", ANN)).key_hash


def test_a_mail_to_an_alias_came_to_it() -> None:
    channel = replace(a_channel("c", "email"), further_addresses=("sales@example.com",))
    to_both = a_mail("a", to=["Sales <SALES@example.com>"], cc=[OWN_EMAIL])
    to_none = a_mail("b", to=["list@example.org"])
    assert _draft(to_both, channel=channel).own_address.value == OWN_EMAIL
    assert _draft(a_mail("c", to=["sales@Example.com"]), channel=channel).own_address.value == (
        "sales@example.com"
    )
    assert _draft(to_none, channel=channel).own_address.value == OWN_EMAIL
    assert _others(_draft(to_both, channel=channel)) == ["email:ann@example.org"]


def test_the_key_of_a_mail_is_its_own() -> None:
    keys = {_draft(a_mail(name)).key_hash for name in ("a", "b")}
    assert len(keys) == 2
    assert keys == {_draft(a_mail(name, subject="x", cc=[ANN])).key_hash for name in ("a", "b")}


def test_others_are_everybody_but_us_once_and_sorted() -> None:
    mail = a_mail(
        "m",
        "Zoe <ZOE@example.org>",
        to=["HELP@EXAMPLE.com", "ann@example.org", "zoe@Example.Org", "broken"],
        cc=["Ann Other <ann@example.org>", "Help <help@example.com>"],
    )
    draft = _draft(mail)
    assert _others(draft) == ["email:ann@example.org", "email:zoe@example.org", "handle:broken"]
    assert draft.sender == Address("email", "zoe@example.org")
    assert draft.sender_name == "Zoe"
    assert [(role, address.value) for role, address in draft.recipients] == [
        ("to", OWN_EMAIL),
        ("to", "ann@example.org"),
        ("to", "zoe@example.org"),
        ("to", "broken"),
        ("cc", "ann@example.org"),
        ("cc", OWN_EMAIL),
    ]


def test_an_sms_sender_is_not_taken_apart() -> None:
    draft = _draft(an_sms("m", "Shop <12345>"))
    assert (draft.sender, draft.sender_name) == (Address("handle", "Shop <12345>"), None)
    assert draft.thread is None


def test_nobody_is_somebody_too() -> None:
    draft = _draft(an_sms("m", " \0\ud800 "))
    assert draft.sender == Address("handle", "unknown")
    assert _others(draft) == ["handle:unknown"]


@pytest.mark.parametrize(
    ("in_reply_to", "references", "expected"),
    [
        ([], [], []),
        (["a"], [], ["a"]),
        ([], ["a", "b", "c"], ["c", "b", "a"]),
        (["b"], ["a", "b", "c"], ["b", "c", "a"]),
        (["x", "y"], ["a"], ["x", "y", "a"]),
        (["own"], ["own", "a"], ["a"]),
        (["a\0", "\0", "\ud800"], ["a"], ["a"]),
        ([], [str(n) for n in range(30)], [*(str(n) for n in range(29, 10, -1)), "0"]),
    ],
)
def test_the_most_telling_reference_comes_first(
    in_reply_to: Sequence[str], references: Sequence[str], expected: Sequence[str]
) -> None:
    headers = ThreadHeaders(
        message_id="own", in_reply_to=tuple(in_reply_to), references=tuple(references)
    )
    draft = _draft(replace(a_mail("m"), thread=headers))
    assert draft.thread is not None
    assert draft.thread.message_id == "own"
    assert list(draft.thread.references) == expected


def test_a_mail_without_headers_has_an_empty_thread() -> None:
    draft = _draft(replace(a_mail("m"), thread=None))
    assert draft.thread is not None
    assert (draft.thread.message_id, draft.thread.references) == (None, ())


@pytest.mark.parametrize(
    ("claimed", "believed"),
    [
        (None, NOW),
        (NOW, NOW),
        (NOW + timedelta(microseconds=1), NOW),
        (NOW - timedelta(microseconds=1), NOW - timedelta(microseconds=1)),
        (datetime.max.replace(tzinfo=timezone.min), NOW),
        (datetime.min.replace(tzinfo=timezone.max), NOW),
        (NOW.astimezone(timezone(timedelta(hours=14))), NOW),
    ],
)
def test_only_a_past_time_is_believed(claimed: datetime | None, believed: datetime) -> None:
    assert _draft(replace(an_sms("m"), sent_at=claimed)).sent_at == believed


@pytest.mark.parametrize(
    ("body", "attachments", "subject", "preview"),
    [
        (" a\r\n\tb\u00a0 c ", 0, None, "a b c"),
        ("x" * 160, 0, None, "x" * 160),
        ("x" * 161, 0, None, "x" * 159 + "…"),
        ("", 0, None, ""),
        ("", 0, " The\nsubject ", "The subject"),
        ("\0", 1, "The subject", "1 attachment"),
        ("<b>not html</b>", 0, None, "<b>not html</b>"),
    ],
)
def test_a_preview_is_one_line_of_whatever_there_is(
    body: str, attachments: int, subject: str | None, preview: str
) -> None:
    media = (Attachment(url="u"),) * attachments
    message = replace(an_sms("m"), body=body, attachments=media, subject=subject)
    assert _draft(message).preview == preview


_DIRTY = st.text(st.characters() | st.sampled_from('\0\ud800\udfff\n<>@,;"+0'), max_size=40)
_ROLES: list[RecipientRole] = ["to", "cc", "bcc"]
_MESSAGES = st.builds(
    InboundMessage,
    kind=st.sampled_from(["sms", "mms", "email"]),
    provider_message_id=_DIRTY,
    sender=_DIRTY,
    recipients=st.lists(
        st.builds(Recipient, role=st.sampled_from(_ROLES), address=_DIRTY), max_size=4
    ).map(tuple),
    body=_DIRTY,
    body_format=st.sampled_from(["text", "html"]),
    subject=st.none() | _DIRTY,
    attachments=st.lists(
        st.builds(Attachment, url=_DIRTY, content_type=_DIRTY, filename=_DIRTY), max_size=2
    ).map(tuple),
    sent_at=st.none() | st.datetimes(timezones=st.just(NOW.tzinfo)),
    thread=st.none()
    | st.builds(
        ThreadHeaders,
        message_id=st.none() | _DIRTY,
        in_reply_to=st.lists(_DIRTY, max_size=2).map(tuple),
        references=st.lists(_DIRTY, max_size=3).map(tuple),
    ),
)


@given(message=_MESSAGES)
def test_whatever_a_provider_read_makes_a_draft_that_rows_can_hold(
    message: InboundMessage,
) -> None:
    draft = _draft(message)
    thread = draft.thread
    texts = [draft.body, draft.preview, draft.provider_message_id]
    texts += [draft.subject or "", draft.sender_name or "", draft.sender.value]
    texts += [participant.address.value for participant in draft.others]
    texts += [text or "" for attachment in draft.attachments for text in _texts_of(attachment)]
    texts += [thread.message_id or "", *thread.references] if thread else []
    assert "\0" not in "".join(texts)
    assert "".join(texts).encode()
    known = {participant.address for participant in (*draft.own, *draft.others)}
    assert draft.sender in known
    assert {address for _, address in draft.recipients} <= known
    assert len(draft.recipients) == len(set(draft.recipients))
    assert len(draft.preview) <= 160
    assert draft.sent_at <= NOW


def _texts_of(attachment: Attachment) -> tuple[str | None, ...]:
    return attachment.url, attachment.content_type, attachment.filename

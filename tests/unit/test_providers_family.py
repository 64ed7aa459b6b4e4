"""What every provider must do, whatever its bytes look like: one family of cases for all.

Who takes part follows from the registry; each sample is what the played provider composes.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC

import pytest
from family import Member, members
from hypothesis import given
from hypothesis import strategies as st
from samples import NOW, channel, claimed, fetched, own_address, posted, read_back

from domain.delivery import AUTHENTIC, Delivery, SignatureCheck
from domain.errors import Unreadable
from domain.event import FetchedContent, message_event
from domain.message import (
    Attachment,
    FetchNeeded,
    InboundMessage,
    Reading,
    Recipient,
    ThreadHeaders,
)
from domain.message_parts import addresses_in
from domain.provider import ReadingContext
from domain.signature import explain_signature, verify
from providers import FETCHERS, REGISTRY, find_provider
from simulation import PLAYED, PLAYED_KEEPERS

URL = "https://inlet.example/webhooks/any/tok"
OLD, NEW = "whsec_b2xkIHNlY3JldA==", "whsec_bmV3IHNlY3JldA=="


_FAMILY = members()
family = pytest.mark.parametrize("member", _FAMILY.values(), ids=list(_FAMILY))
_SIGNING = {name: member for name, member in _FAMILY.items() if member.signs_body}
signing_family = pytest.mark.parametrize("member", _SIGNING.values(), ids=list(_SIGNING))


def sample(member: Member, body: str = "Hello") -> InboundMessage:
    return InboundMessage(
        kind=member.kind,
        provider_message_id="SM" + "1" * 32,
        sender="ann@example.com" if member.kind == "email" else "+14155550100",
        recipients=(Recipient(role="to", address=own_address(member.kind)),),
        body=body,
        sent_at=NOW,
    )


def compose(member: Member, message: InboundMessage, secrets: tuple[str, ...] = (NEW,)) -> Delivery:
    at = channel(member.provider.NAME, member.kind, secrets)
    return PLAYED[member.provider.NAME].compose(message, at, URL, NOW)


def told(member: Member, message: InboundMessage, reading: Reading) -> InboundMessage:
    """Say what is read of a message beside what was written."""
    if isinstance(reading, InboundMessage) and not member.has_id:
        message = replace(message, provider_message_id=reading.provider_message_id)
    if not member.names_images:
        files = tuple(replace(file, content_id=None) for file in message.attachments)
        message = replace(message, attachments=files)
    if not member.names_types:
        files = tuple(replace(file, content_type=None) for file in message.attachments)
        message = replace(message, attachments=files)
    return replace(message, mail_class="human") if member.is_mail else message


def read_whole(
    member: Member,
    message: InboundMessage,
    delivery: Delivery,
    change: Callable[[bytes], bytes] = lambda kept: kept,
) -> Reading:
    """Take a delivery the whole way; what its provider keeps is fetched, and changed first."""
    name = member.provider.NAME
    (found,) = member.provider.split(delivery, member.kind)
    event = claimed(found, name, delivery.content_type)
    context = ReadingContext(kind=member.kind, own_address=own_address(member.kind))
    reading = member.provider.read(event, context)
    if not isinstance(reading, FetchNeeded):
        return reading
    at = replace(channel(name, member.kind, (NEW,), member.credential), account=member.account)
    text = message.body.encode()
    kept = {
        url: replace(each, body=change(each.body)) if text in each.body else each
        for url, each in PLAYED_KEEPERS[name].kept(message, NOW).items()
    }
    content = fetched(FETCHERS[name], event, at, kept)
    return member.provider.read(replace(event, fetched=content), context)


def body_after(member: Member, change: Callable[[bytes], bytes]) -> str:
    delivery = compose(member, sample(member))
    if sample(member).body.encode() not in delivery.body:  # what it says is kept
        assert member.provider.NAME in FETCHERS
        reading = read_whole(member, sample(member), delivery, change)
    else:
        changed = replace(delivery, body=change(delivery.body))
        assert changed.body != delivery.body
        reading = read_back(member.provider, changed, member.kind)
    assert isinstance(reading, InboundMessage)
    return reading.body


@family
def test_a_valid_delivery_is_one_message(member: Member) -> None:
    delivery = compose(member, sample(member))
    assert verify(member.provider.signed(delivery, [NEW], NOW)) == AUTHENTIC
    reading = read_whole(member, sample(member), delivery)
    expected = told(member, sample(member), reading)
    assert reading == (expected if member.tells_time else replace(expected, sent_at=None))


@family
def test_a_repeated_delivery_is_the_same_event(member: Member) -> None:
    first, second = (
        member.provider.split(compose(member, sample(member)), member.kind)[0] for _ in range(2)
    )
    assert first == second
    assert first.kind == "message"


@signing_family
def test_a_tampered_delivery_is_refused(member: Member) -> None:
    delivery = compose(member, sample(member))
    known = member.known_text
    tampered = replace(delivery, body=delivery.body.replace(known, known.swapcase()))
    assert verify(member.provider.signed(tampered, [NEW], NOW)).reason == "bad_signature"


@family
def test_an_unsigned_delivery_is_refused(member: Member) -> None:
    delivery = compose(member, sample(member), secrets=())
    assert verify(member.provider.signed(delivery, [NEW], NOW)).reason == "missing_signature"


@family
def test_no_secret_verifies_nothing(member: Member) -> None:
    delivery = compose(member, sample(member))
    assert verify(member.provider.signed(delivery, [], NOW)).reason == "no_secret"


@family
def test_both_secrets_are_good_while_one_is_rotated(member: Member) -> None:
    for secret in (OLD, NEW):
        delivery = compose(member, sample(member), (secret,))
        assert verify(member.provider.signed(delivery, [NEW, OLD], NOW)) == AUTHENTIC
        assert not verify(member.provider.signed(delivery, [], NOW)).is_authentic
    retired = compose(member, sample(member), (OLD,))
    assert verify(member.provider.signed(retired, [NEW], NOW)).reason == "bad_signature"


@family
def test_an_explanation_shows_both_sides_and_agrees_with_the_verdict(member: Member) -> None:
    delivery = compose(member, sample(member), (OLD,))

    def explain(given: Delivery, secrets: list[str]) -> SignatureCheck:
        return explain_signature(member.provider.signed(given, secrets, NOW))

    wrong, right = explain(delivery, [NEW]), explain(delivery, [NEW, OLD])
    assert (wrong.is_match, wrong.verdict.reason) == (False, "bad_signature")
    assert (right.is_match, right.verdict) == (True, AUTHENTIC)
    assert wrong.received == right.received
    assert set(right.received) <= set(right.expected) or not right.expected
    assert not set(wrong.received) & set(wrong.expected)
    assert member.known_text.decode() in right.base or not member.signs_body
    assert OLD not in str(right)
    unsigned = explain(compose(member, sample(member), ()), [NEW])
    assert (unsigned.received, unsigned.verdict.reason) == ((), "missing_signature")
    assert not explain(delivery, []).is_match


@family
def test_a_truncated_delivery_is_refused_and_never_half_a_message(member: Member) -> None:
    delivery = compose(member, sample(member))
    for length in range(len(delivery.body)):
        cut = replace(delivery, body=delivery.body[:length])
        if member.signs_body:
            assert not verify(member.provider.signed(cut, [NEW], NOW)).is_authentic
        if member.notices_cut:
            with pytest.raises(Unreadable):
                member.provider.split(cut, member.kind)


@family
def test_an_unknown_type_is_kept_but_no_message(member: Member) -> None:
    delivery = compose(member, sample(member))
    body = delivery.body.replace(member.known_type, member.unknown_type)
    unknown = replace(delivery, body=body)
    assert unknown.body != delivery.body
    if member.unknown_kind == "unsplit":
        with pytest.raises(Unreadable):
            member.provider.split(unknown, member.kind)
        return
    (event,) = member.provider.split(unknown, member.kind)
    if member.unknown_kind == "unreadable":
        with pytest.raises(Unreadable, match="type"):
            read_back(member.provider, unknown, member.kind)
    else:
        assert event.kind == member.unknown_kind


@family
def test_nul_is_dropped(member: Member) -> None:
    assert body_after(member, lambda body: body.replace(b"llo", member.nul + b"llo")) == "Hello"


@family
def test_a_lone_surrogate_is_no_harm(member: Member) -> None:
    found = body_after(member, lambda body: body.replace(b"llo", member.lone_surrogate + b"llo"))
    assert found == f"He{member.surrogate_reads}llo"


@family
@pytest.mark.parametrize(
    "text", ["\U0001f600", "\U0001f468\u200d\U0001f469 é e\u0301 \u202e", "&=+%20"]
)
def test_text_of_every_alphabet_arrives(member: Member, text: str) -> None:
    message = sample(member, text)
    reading = read_whole(member, message, compose(member, message))
    assert isinstance(reading, InboundMessage)
    assert reading.body == text


@family
def test_an_endless_id_fits_an_index(member: Member) -> None:
    message = replace(sample(member), provider_message_id="SM" * 5_000)
    delivery = compose(member, message)
    (event,) = member.provider.split(delivery, member.kind)
    reading = read_whole(member, message, delivery)
    assert isinstance(reading, InboundMessage)
    assert len(event.dedup_key) < 100
    assert reading.provider_message_id == event.provider_message_id


_SIGNATURE_HEADERS = sorted(
    {name for member in _FAMILY.values() for name in member.signature_headers}
)
_NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)
_ADDRESSES = _NAMES.filter(str.strip)
_IDS = st.text(st.characters(codec="ascii", exclude_characters="<>,\0"), min_size=1).filter(
    lambda text: not any(char.isspace() for char in text)
)
_PRINTABLE_IDS = st.from_regex(r"[!-;=?-~]{1,20}", fullmatch=True).filter(
    lambda text: "," not in text and "=?" not in text
)
_ATTACHMENTS = st.builds(
    Attachment,
    url=_ADDRESSES.map(str.strip),
    content_type=st.none() | st.just("image/png"),
    filename=st.none(),
    size_bytes=st.none(),
)
_NAIVE = NOW.replace(tzinfo=None)
_TIMES = st.datetimes(
    min_value=_NAIVE.replace(year=1971),
    max_value=_NAIVE.replace(year=9999),
    timezones=st.just(UTC),
)


_FILES = st.builds(
    Attachment,
    content=st.binary(max_size=20),
    content_type=st.just("image/png"),
    filename=st.sampled_from(["a.png", "Rechnung März.png"]),
    content_id=st.none() | st.just("logo@x"),
)

# Of what schemes expect in a header, and before a secret, but never enough of it.
_ODD = [
    "v1,", "1730469600", "application/json", "e30.e30.", "eyJhbGciOiJIUzI1NiJ9.bnVsbA.é",
    "Bearer W10.W10.x", "Basic Og==", "=", ",",
]  # fmt: skip
_METHODS = ["sha256:", "sha512:x", "md5hash:x", "whsec_", "whsec_=", ":", " "]

_CONTROL = re.compile("[\x00-\x1f\x7f]")


@st.composite
def _messages(draw: st.DrawFn, member: Member) -> InboundMessage:
    kind, is_mail = member.kind, member.is_mail
    most_files = 3 if member.has_files else 0
    attachments = tuple(draw(st.lists(_FILES if is_mail else _ATTACHMENTS, max_size=most_files)))
    ids = _PRINTABLE_IDS if is_mail else _IDS
    times = _TIMES.map(lambda at: at.replace(microsecond=0)) if is_mail else _TIMES
    single = _ADDRESSES.filter(lambda text: addresses_in(text, kind) == [text])
    threads = st.builds(
        ThreadHeaders,
        message_id=ids,
        in_reply_to=st.lists(ids, max_size=2, unique=True).map(tuple),
        references=st.lists(ids, max_size=5, unique=True).map(tuple),
    )
    return InboundMessage(
        kind="email" if kind == "email" else "mms" if attachments else "sms",
        provider_message_id="SM" + draw(_ADDRESSES),
        sender=draw(_ADDRESSES),
        recipients=(Recipient(role="to", address=draw(single)),),
        body=draw(_NAMES),
        subject=draw(_NAMES) or None if kind == "email" else None,
        attachments=attachments,
        sent_at=draw(times),
        thread=draw(threads) if kind == "email" else None,
    )


def as_lines(message: InboundMessage) -> InboundMessage:
    """Leave out what the lines of a mail do not hold, or programs leave out at their ends."""

    def line(text: str) -> str:
        return _CONTROL.sub("", text).strip() or "x"

    body = message.body.replace("\r", "").strip("\n")
    return replace(
        message,
        sender=line(message.sender),
        recipients=tuple(replace(each, address=line(each.address)) for each in message.recipients),
        subject=message.subject and line(message.subject),
        body=body if body.strip() else "",
    )


@family
@given(data=st.data())
def test_every_message_makes_the_round_trip(member: Member, data: st.DataObject) -> None:
    message = data.draw(_messages(member))
    if member.is_whole:
        message = as_lines(message)
    delivery = compose(member, message)
    assert verify(member.provider.signed(delivery, [OLD, NEW], NOW)) == AUTHENTIC
    reading = read_whole(member, message, delivery)
    assert isinstance(reading, InboundMessage)
    if not member.tells_time:
        message = replace(message, sent_at=None)
    assert reading == replace(told(member, message, reading), body_format=reading.body_format)


@family
@given(
    body=st.binary() | st.text().map(str.encode),
    headers=st.dictionaries(
        st.sampled_from(
            ["content-type", *_SIGNATURE_HEADERS]
        ),
        st.text(st.characters()) | st.sampled_from(_ODD),
    ),
    url=st.text(st.characters()).map(lambda rest: URL + rest) | st.text(st.characters()),
    method=st.sampled_from(["GET", "POST"]),
    secrets=st.lists(st.text(st.characters()) | st.sampled_from(_METHODS), max_size=2),
)  # fmt: skip
def test_strange_bytes_are_refused_calmly(
    member: Member,
    body: bytes,
    headers: dict[str, str],
    url: str,
    method: str,
    secrets: list[str],
) -> None:
    delivery = posted(body, headers, url, method)
    assert not verify(member.provider.signed(delivery, secrets, NOW)).is_authentic
    assert not explain_signature(member.provider.signed(delivery, secrets, NOW)).is_match
    context = ReadingContext(kind=member.kind, own_address="")
    name, content_type = member.provider.NAME, headers.get("content-type", "")
    event = claimed(message_event("m-1", body), name, content_type)
    whole = compose(member, sample(member)).body
    kept = FetchedContent(content_type=content_type, body=body)
    after = replace(event, body=whole if name in FETCHERS else body, fetched=kept)
    for step in (
        lambda: member.provider.split(delivery, member.kind),
        lambda: member.provider.read(event, context),
        lambda: member.provider.read(after, context),
    ):
        try:
            step()
        except Unreadable:
            continue


def test_every_provider_takes_part_with_every_kind_of_its_channels() -> None:
    expected = {
        f"{name}-{kind}" for name, provider in REGISTRY.items() for kind in provider.CHANNEL_KINDS
    }
    assert set(_FAMILY) == expected
    assert all(member.provider is REGISTRY[member.provider.NAME] for member in _FAMILY.values())


def test_the_registry_names_each_provider_once() -> None:
    assert {name: provider.NAME for name, provider in REGISTRY.items()} == {
        name: name for name in REGISTRY
    }
    assert find_provider("twilio") is REGISTRY["twilio"]
    assert find_provider("nobody") is None

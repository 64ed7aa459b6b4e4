"""Two spellings of one reachable point are one address, and every address fits its row."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.address import Address, can_receive, canonicalise
from domain.channel import ChannelKind


def canonical(raw: str, kind: ChannelKind, region: str = "US") -> tuple[str, bool]:
    found = canonicalise(raw, kind, region)
    return str(found.address), found.is_validated


@pytest.mark.parametrize(
    ("raw", "region", "expected"),
    [
        ("+1 (415) 555-2671", "US", "phone:+14155552671"),
        ("415-555-2671", "US", "phone:+14155552671"),
        ("14155552671", "US", "phone:+14155552671"),
        ("14155552671", "DE", "phone:+14155552671"),
        ("+14155552671\0", "DE", "phone:+14155552671"),
        ("0151 23456789", "DE", "phone:+4915123456789"),
        ("00491512345678", "DE", "phone:+491512345678"),
        ("4915123456789", "US", "phone:+4915123456789"),
        ("+15555550100", "US", "phone:+15555550100"),
        ("\u202a+1 415 555 2671\u202c", "US", "phone:+14155552671"),
        ("+1\u00a0415\u2011555\u20112671\u200b", "US", "phone:+14155552671"),
        ("+１４１５５５５２６７１", "DE", "phone:+14155552671"),
        ("+١٤١٥٥٥٥٢٦٧١", "DE", "phone:+14155552671"),
        ("(+1) 415 555 2671", "DE", "phone:+14155552671"),
        ("tel:+1-415-555-2671;ext=5", "DE", "phone:+14155552671"),
        ("00491512345678", "US", "phone:+491512345678"),
        ("011 49 1512345678", "US", "phone:+491512345678"),
        ("8 (912) 345-67-89", "RU", "phone:+79123456789"),
        ("06 12 34 56 78", "FR", "phone:+33612345678"),
        ("+49 (0)151 23456789", "US", "phone:+4915123456789"),
    ],
)
def test_phones_become_e164(raw: str, region: str, expected: str) -> None:
    assert canonical(raw, "sms", region) == (expected, True)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("32665", "handle:32665"),
        ("ACME Bank", "handle:ACME Bank"),
        ("whatsapp:+14155552671", "handle:whatsapp:+14155552671"),
        ("+1415", "handle:+1415"),
        ("+99999999999999999", "handle:+99999999999999999"),
        ("３２６６５", "handle:32665"),
        ("ACME\u200b Bank", "handle:ACME Bank"),
        ("+14155552671 +14155552672", "handle:+14155552671 +14155552672"),
        ("ann@example.com", "handle:ann@example.com"),
        ("", "handle:unknown"),
        (" \0\ud800 ", "handle:unknown"),
    ],
)
def test_what_is_no_phone_is_a_handle(raw: str, expected: str) -> None:
    assert canonical(raw, "sms") == (expected, False)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Ann@Example.COM", "email:ann@example.com"),
        (" ann@example.com\n", "email:ann@example.com"),
        ("a.n.n+tag@example.com", "email:a.n.n+tag@example.com"),
        ("STRASSE@example.com", "email:strasse@example.com"),
        ("straße@example.com", "email:strasse@example.com"),
        ("ann@BÜCHER.example.com", "email:ann@xn--bcher-kva.example.com"),
        ("e\u0301@example.com", "email:é@example.com"),
        ("ann@exam\u200bple.com", "email:ann@example.com"),
    ],
)
def test_emails_fold_case_and_keep_the_rest(raw: str, expected: str) -> None:
    assert canonical(raw, "email") == (expected, True)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a..b.@docomo.ne.jp", "email:a..b.@docomo.ne.jp"),
        ("Ann@LOCALHOST", "email:ann@localhost"),
        ('"Ann B"@Example.com', 'email:"ann b"@example.com'),
        ('"ann"@Example.com', "email:ann@example.com"),
        ("ann@i❤.ws", "email:ann@xn--i-7iq.ws"),
        ("ann@XN--I-7iq.ws", "email:ann@xn--i-7iq.ws"),
        ("ann@a_b.r3--sn.example", "email:ann@a_b.r3--sn.example"),
        ("ann@[192.0.2.1]", "email:ann@[192.0.2.1]"),
        ("ann@x@Y.Z", "handle:ann@x@Y.Z"),
        ("@", "handle:@"),
        ("ann@x.com (Ann)", "handle:ann@x.com (Ann)"),
        ("<ann@x.com> via list", "handle:<ann@x.com> via list"),
        ("ann@x.com;", "handle:ann@x.com;"),
        ("ann@x.com, ben@x.com", "handle:ann@x.com, ben@x.com"),
        ("Ann ann@x.com", "handle:Ann ann@x.com"),
        ("ann@x..com", "handle:ann@x..com"),
        ("ann@-x.com", "handle:ann@-x.com"),
        ("nobody", "handle:nobody"),
        ("", "handle:unknown"),
    ],
)
def test_an_email_that_cannot_be_validated_is_kept(raw: str, expected: str) -> None:
    assert canonical(raw, "email") == (expected, False)


@pytest.mark.parametrize("kind", ["sms", "email"])
@pytest.mark.parametrize(
    "raw", ["x" * 400, "x" * 400 + "@example.com", "@" + "x" * 400, "x@" * 5_000_000]
)
def test_what_is_longer_than_any_address_is_known_by_its_digest(
    raw: str, kind: ChannelKind
) -> None:
    found = canonicalise(raw, kind, "US")
    assert found.address.kind == "handle"
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", found.address.value)
    assert not found.is_validated
    assert found.address != canonicalise(raw + "x", kind, "US").address


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("ann@example.com", "email", True),
        ('"ann b"@example.com', "email", True),
        ("a..b.@docomo.ne.jp", "email", True),
        ("yan@corp.com (yan li)", "email", False),
        ("<zoe@corp.com> (via list)", "email", False),
        ("zed@corp.com;", "email", False),
        ("ann@x.com,ben@x.com", "email", False),
        ("ann@x.com\r\nbcc: ben@x.com", "email", False),
        ("ann@x@y.z", "email", False),
        ("nobody", "email", False),
        ("+14155552671", "sms", True),
        ("32665", "sms", True),
        ("whatsapp:+14155552671", "sms", True),
        ("ACME Bank", "sms", False),
        ("+14155552671, +14155552672", "sms", False),
        ("+14155552671;ext=5", "sms", False),
        ("sha256:" + "0" * 64, "sms", False),
    ],
)
def test_nothing_is_sent_to_what_is_not_exactly_one_address(
    value: str, kind: ChannelKind, expected: bool
) -> None:
    assert can_receive(value, kind) is expected


@pytest.mark.parametrize(
    ("forms", "expected"),
    [
        (("+525512345678", "+5215512345678", "+52 1 55 1234 5678"), "+525512345678"),
        (("+5511981234567", "+551181234567"), "+5511981234567"),
        (("+5491123456789", "+541123456789", "+54 11 15 2345-6789"), "+5491123456789"),
        (("+2250707123456", "+22507123456"), "+2250707123456"),
        (("+2250505123456", "+22505123456"), "+2250505123456"),
        (("+2250101123456", "+22501123456"), "+2250101123456"),
        (("+2290197123456", "+22997123456"), "+2290197123456"),
    ],
)
def test_two_forms_of_a_number_are_one_address_that_says_how_it_was_met(
    forms: tuple[str, ...], expected: str
) -> None:
    found = [canonicalise(form, "sms", "US") for form in forms]

    assert {str(met.address) for met in found} == {f"phone:{expected}"}
    assert [met.written for met in found[:2]] == [form for form in forms[:2]]
    handles = [canonicalise(f"whatsapp:{form}", "sms", "US") for form in forms[:2]]
    assert {str(met.address) for met in handles} == {f"handle:whatsapp:{expected}"}
    assert [met.written for met in handles] == [f"whatsapp:{form}" for form in forms[:2]]


@pytest.mark.parametrize("number", ["+551133334444", "+541", "+22527201234", "+14155552671"])
def test_numbers_with_one_form_keep_it(number: str) -> None:
    assert canonicalise(number, "sms", "US").address.value == number


def test_addresses_are_ordered_and_printed_by_kind_and_value() -> None:
    phone, email = Address("phone", "+1"), Address("email", "a@b")
    assert sorted([phone, email]) == [email, phone]
    assert str(phone) == "phone:+1"


_ODD = st.text(
    st.characters() | st.sampled_from("@@..<>\"' +-_Az09\0\ud800İßKŉ\u0345\u200d\u3002＠ΐ"),
    max_size=60,
)
_DOMAINS = st.sampled_from(["", ".com", ".COM", "ex.Example.org", "BÜCHER.de", "[127.0.0.1]"])
_EMAILS = st.tuples(_ODD, st.just("@"), _ODD, _DOMAINS).map("".join)
_LONG = _EMAILS.map(lambda text: text * 6)
_PHONES = st.text(st.sampled_from("+0123456789 ()-./"), max_size=24)


@given(
    raw=_ODD | _EMAILS | _LONG | _PHONES,
    kind=st.sampled_from(["sms", "email"]),
    region=st.sampled_from(["US", "DE", "JP", "ZZ", ""]),
)
@example(raw="x" * 300 + "@EXAMPLE.COM" + "Y" * 20, kind="email", region="US")
@example(raw="ΐ" * 64 + "@" + ".".join(["x" * 60] * 4), kind="email", region="US")
def test_every_address_fits_its_row(raw: str, kind: ChannelKind, region: str) -> None:
    """The checks of table `addresses` in migrations/0003_people.sql; and twice is as once."""
    found = canonicalise(raw, kind, region).address
    value = found.value
    assert value != ""
    assert len(value) <= 320
    assert "\0" not in value
    assert value.encode()
    assert found.kind != "phone" or re.search(r"\A\+[1-9][0-9]{6,14}\Z", value)
    assert found.kind != "email" or re.search(r"@[^@A-Z]*\Z", value)
    assert canonicalise(value, kind, region).address == found

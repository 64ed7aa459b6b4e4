"""Two spellings of one reachable point are one address, and every address fits its row."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.address import Address, canonicalise
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
        ("+１４１５５５５２６７１", "handle:+１４１５５５５２６７１"),
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
    ],
)
def test_emails_fold_case_and_keep_the_rest(raw: str, expected: str) -> None:
    assert canonical(raw, "email") == (expected, True)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("a..b.@docomo.ne.jp", "email:a..b.@docomo.ne.jp"),
        ("Ann@LOCALHOST", "email:ann@localhost"),
        ("ann@x@Y.Z", "email:ann@x@y.z"),
        ("@", "email:@"),
        ('"Ann B"@Example.com', 'email:"ann b"@example.com'),
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

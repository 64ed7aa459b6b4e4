"""Ids and hashes follow from content alone, and are the same for ever: rows are keyed by them."""

from uuid import RFC_4122, UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.address import Address
from domain.conversation import email_key_hash, message_id_hash, sms_key_hash
from domain.identity import contact_id, conversation_id, derived_uuid, hash64


@pytest.mark.parametrize(
    ("text", "probe", "expected"),
    [
        ("", 0, 3244421341483603138),
        ("phone:+14155550100", 0, -328510864721273826),
        ("phone:+14155550100", 1, -2295863322127335378),
    ],
)
def test_a_hash_never_changes(text: str, probe: int, expected: int) -> None:
    assert hash64(text, probe) == expected


@given(st.text(), st.integers(0, 100))
def test_a_hash_fits_bigint(text: str, probe: int) -> None:
    assert -(2**63) <= hash64(text, probe) < 2**63
    assert hash64(text, probe) != hash64(text, probe + 1)


def test_a_derived_id_never_changes() -> None:
    assert derived_uuid("contact", 1, "phone:+1") == "b785b9a5-455e-8305-875f-86f9ef6b5e29"


@given(st.lists(st.text() | st.integers()))
def test_a_derived_id_is_a_uuid_of_version_8(parts: list[str | int]) -> None:
    uuid = UUID(derived_uuid(*parts))
    assert (uuid.version, uuid.variant) == (8, RFC_4122)


def test_ids_differ_with_each_part() -> None:
    ids = {
        contact_id(1, "phone:+1"),
        contact_id(2, "phone:+1"),
        contact_id(1, "phone:+2"),
        conversation_id(1, "channel", "key"),
        conversation_id(1, "channel", "key", 2),
        conversation_id(1, "channel", "other"),
        conversation_id(1, "other", "key"),
        conversation_id(2, "channel", "key"),
        email_key_hash("x"),
        message_id_hash("x"),
        sms_key_hash([]),
    }
    assert len(ids) == 11


def test_an_sms_conversation_is_its_set_of_participants() -> None:
    ann, bob = Address("phone", "+14155550100"), Address("handle", "Bob")
    assert sms_key_hash([ann, bob]) == sms_key_hash([bob, ann, bob])
    assert sms_key_hash([ann]) != sms_key_hash([ann, bob])

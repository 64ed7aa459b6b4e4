"""What an API key may do, and how it is recognised."""

import pytest

from domain.api_key import SCOPES, ApiKey, hash_key


def _key(*scopes: str, customer: int = 1) -> ApiKey:
    return ApiKey(customer_id=customer, id="k", name="test", scopes=frozenset(scopes))


def test_a_key_may_do_what_it_was_given_and_no_more() -> None:
    key = _key("conversations:read")
    assert [scope for scope in SCOPES if key.allows(scope)] == ["conversations:read"]


def test_admin_may_do_all() -> None:
    key = _key("admin")
    assert all(key.allows(scope) for scope in SCOPES)


def test_what_concerns_all_customers_is_not_for_the_admin_of_another() -> None:
    key = _key("admin", customer=2)
    assert [scope for scope in SCOPES if not key.allows(scope)] == ["installation:read"]


def test_a_hash_is_the_keys_sha256() -> None:
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert hash_key("abc").hex() == expected


@pytest.mark.parametrize("hostile", ["", "\ud800", "k" * 100_000, "\0"])
def test_whatever_a_client_sends_can_be_hashed(hostile: str) -> None:
    assert len(hash_key(hostile)) == 32

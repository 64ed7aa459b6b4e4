"""The own addresses of a channel, as an operator sets them."""

import pytest
from command_line import Inlet, refused

_TEXTS = ("channel", "add", "--provider", "generic", "--kind", "sms", "--name", "texts")
_FIRST = ("--address", "(415) 555-0190")


def test_a_channel_is_added_with_several_own_addresses(inlet: Inlet) -> None:
    further = ("--also-own", "415-555-0192", "--also-own", "+1 415 555 0191")
    added = inlet(*_TEXTS, *_FIRST, *further, "--json").json
    assert added["own_address"] == "+14155550190"
    assert added["addresses"] == ["+14155550190", "+14155550191", "+14155550192"]
    line = "+14155550190, +14155550191, +14155550192"
    assert line in inlet("channel", "show", "texts").out
    assert line in inlet("channel", "list").out
    [listed] = inlet("channel", "list", "--json").json["items"]
    assert listed["addresses"] == added["addresses"]


def test_own_addresses_come_and_go(inlet: Inlet) -> None:
    inlet(*_TEXTS, *_FIRST)
    added = inlet("channel", "address", "add", "texts", "(415) 555-0191", "--json").json
    assert added == {"channel": "texts", "addresses": ["+14155550190", "+14155550191"]}
    assert inlet("channel", "address", "list", "texts", "--json").json["items"] == [
        {"address": "+14155550190", "is_first": True},
        {"address": "+14155550191", "is_first": False},
    ]
    removed = inlet("channel", "address", "remove", "texts", "+14155550191")
    assert removed.out == "The channel's own addresses: +14155550190\n"
    assert "+14155550191" not in inlet("channel", "address", "list", "texts").out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("add", "texts", "help@example.com"), "ADDRESS must be a phone number of US"),
        (("add", "texts", "(415) 555-0190"), "has this address already"),
        (("add", "txets", "(415) 555-0191"), "no channel has this name or id"),
        (("remove", "texts", "(415) 555-0190"), "the first address of a channel stays"),
        (("remove", "texts", "(415) 555-0191"), "the channel has no such address"),
        (("list", "txets"), "no channel has this name or id"),
    ],
)
def test_an_address_that_cannot_be_set_is_refused(
    inlet: Inlet, words: tuple[str, ...], says: str
) -> None:
    inlet(*_TEXTS, *_FIRST)
    refused(inlet("channel", "address", *words), says)


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("415-555-0190", "--also-own names an address twice"),
        ("help@example.com", "--also-own must be a phone number of US"),
    ],
)
def test_a_channel_is_not_added_with_a_wrong_further_address(
    inlet: Inlet, address: str, says: str
) -> None:
    refused(inlet(*_TEXTS, *_FIRST, "--also-own", address), says)
    assert inlet("channel", "list", "--json").json == {"items": []}

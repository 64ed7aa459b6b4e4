"""What a message that is no plain text says in words, whatever of it is missing."""

import pytest

from domain.shaped_text import (
    ContactCard,
    OrderedItem,
    choice_text,
    contacts_text,
    location_text,
    order_text,
    reaction_text,
    unsupported_text,
)

_LINK = "https://www.openstreetmap.org/?mlat=48.210033&mlon=16.363449"


def test_a_place_has_its_name_its_address_and_a_link_to_a_map() -> None:
    text = location_text(
        latitude="48.210033", longitude=16.3634490001, name="Café", address="Graben 1\nWien"
    )
    assert text == f"Café\nGraben 1 Wien\nLocation 48.210033, 16.363449\n{_LINK}"
    assert location_text(latitude=0, longitude="-180").startswith("Location 0, -180\nhttps://")
    assert location_text(name="Graben", address="Graben") == "Graben"


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        (91, 0), (0, 180.5), ("nan", "nan"), ("inf", 1), ("here", "there"), ([], {}), (1, None),
        (10**400, 1), ("1" * 5_000, 1), (True, 1),
    ],
)  # fmt: skip
def test_what_is_nowhere_has_no_link(latitude: object, longitude: object) -> None:
    text = location_text(latitude=latitude, longitude=longitude)
    assert text in {"A location", "Location 1, 1\n" + text.partition("\n")[2]}
    assert ("http" in text) is (latitude is True)


def test_a_reaction_is_its_emoji_or_was_taken_back() -> None:
    assert reaction_text(" 👍🏽 ") == "👍🏽"
    empty: list[object] = ["", None, [], "\0"]
    for nothing in empty:
        assert reaction_text(nothing) == "Reaction taken back"


def test_contact_cards_have_names_and_numbers_each_once() -> None:
    cards = [
        ContactCard(names=("Ann Smith", "ACME", "ACME"), numbers=("+1 415", None, "+1 415", 7)),
        ContactCard(numbers=("a@example.org",)),
    ]
    assert contacts_text(cards) == "Contact: Ann Smith, ACME\n+1 415\n7\n\nContact\na@example.org"
    assert contacts_text([]) == "A contact"
    assert contacts_text([ContactCard()] * 500).count("Contact") == 20


def test_an_order_has_a_line_for_each_item() -> None:
    items = [
        OrderedItem(name="SKU-1", quantity=2, price=9.5, currency="EUR"),
        OrderedItem(name=None, quantity=1),
        OrderedItem(name="SKU-2"),
        OrderedItem(name={}, currency="EUR"),
    ]
    assert order_text(items, "Quickly, please") == (
        "Order\n2 × SKU-1 (9.5 EUR)\n1 × an item\nSKU-2\nAn item\nQuickly, please"
    )


def test_what_was_tapped_and_what_cannot_be_shown_is_said() -> None:
    assert choice_text("Red", None, "The warm one") == "Red\nThe warm one"
    assert choice_text(None, "") == "A button was tapped"
    assert unsupported_text("poll") == "A message of the type “poll”, which cannot be shown here"
    assert unsupported_text(None) == "A message of an unknown type, which cannot be shown here"
    assert len(unsupported_text("x" * 10_000)) < 120
    assert len(choice_text("x" * 10_000)) == 500

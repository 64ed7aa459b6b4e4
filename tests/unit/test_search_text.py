"""What of a message can be found, and how it is shown."""

from time import process_time

from hypothesis import given
from hypothesis import strategies as st

from domain.address import Address
from domain.search_query import parse_search
from domain.search_text import Wanted, fold, index_text, make_snippet, spellings


def wanted(text: str) -> Wanted:
    found = parse_search(text)
    assert found
    return found.wanted


def shown(text: str, query: str, *, is_stemmed: bool = False) -> tuple[str, list[str]]:
    snippet = make_snippet(text, wanted(query), is_stemmed=is_stemmed)
    return snippet.text, [snippet.text[start:end] for start, end in snippet.highlights]


def test_words_come_from_all_parts_and_numbers_in_every_spelling() -> None:
    indexed = index_text(
        "Call  me at\n(415) 555-0199!",
        "My Café",
        ["Zoë", None],
        [Address("phone", "+31612345678"), Address("email", "ann.b@example.com")],
    )
    assert indexed.words.split() == [
        "my", "cafe", "call", "me", "at", "415", "555", "0199", "zoe", "ann", "b", "example", "com",
    ]  # fmt: skip
    assert indexed.numbers == ("31612345678", "612345678", "0612345678", "4155550199")
    assert indexed.shown == "My Café Call me at (415) 555-0199!"


def test_a_number_is_known_as_it_is_dialled_there() -> None:
    assert spellings("+14155550123") == ["14155550123", "4155550123"]
    assert spellings("+442079460018") == ["442079460018", "2079460018", "02079460018"]


def test_long_texts_are_cut() -> None:
    indexed = index_text("word " * 100_000, None, [], [])
    assert len(indexed.words) <= 100_000
    assert len(indexed.shown) == 2_000


def test_a_snippet_is_cut_around_what_was_found() -> None:
    text = "first " * 60 + "Refund, please " + "last " * 60
    piece, found = shown(text, "refu")
    assert found == ["Refund"]
    assert piece.startswith("… ")
    assert piece.endswith(" …")
    assert len(piece) < 180


def test_a_snippet_marks_words_numbers_and_beginnings() -> None:
    assert shown("Café or cafes?", "cafe") == ("Café or cafes?", ["Café", "cafes"])
    assert shown("Call 06-1234 5678 now", "0612345678")[1] == ["06-1234 5678"]
    assert shown("a \U0001f600 refund", "refund")[1] == ["refund"]
    assert shown("two parcels", '"parcel"') == ("two parcels", [])
    assert shown("two parcels", '"parcel"', is_stemmed=True)[1] == ["parcels"]


def test_what_was_found_elsewhere_shows_the_beginning() -> None:
    piece, found = shown("word " * 100, "ann")
    assert (piece[:9], found) == ("word word", [])


@given(st.text(max_size=2_000), st.text(min_size=1, max_size=20))
def test_highlights_lie_in_the_snippet_in_order(text: str, query: str) -> None:
    found = parse_search(query)
    if found is None:
        return
    folded = index_text(text, None, [], []).shown
    snippet = make_snippet(folded, found.wanted, is_stemmed=False)
    places = [place for span in snippet.highlights for place in span]
    assert places == sorted(places)
    assert all(0 <= place <= len(snippet.text) for place in places)


@given(st.text(max_size=50))
def test_folding_again_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_marks_without_end_hold_nobody_up() -> None:
    began = process_time()
    indexed = index_text("Zoe\u0301\u0323" + "\u0301\u0323" * 49_000 + " wrote", None, [], [])
    assert indexed.words == "zoe wrote"
    assert process_time() - began < 2  # the square of their number was 5 s and more

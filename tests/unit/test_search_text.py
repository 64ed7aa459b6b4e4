"""What of a message can be found, and how it is shown."""

from time import process_time

from hypothesis import given
from hypothesis import strategies as st

from domain.address import Address
from domain.search_query import parse_search
from domain.search_text import Wanted, index_text, make_snippet, spellings
from domain.search_words import fold


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
        "zoe", "ann", "b", "example", "com", "my", "cafe", "call", "me", "at", "415", "555", "0199",
    ]  # fmt: skip
    numbers = "31612345678", "612345678", "0612345678", "4155550199"
    assert indexed.exact == (*numbers, *("~" + number[::-1] for number in numbers))
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


def test_strokes_marks_and_what_is_not_seen_make_no_difference() -> None:
    assert fold("Łukasz Wójcik, Søren Ørsted, ışık, İzmir, Đorđe, Ærø, Þór, Straße") == (
        "lukasz wojcik, soren orsted, isik, izmir, dorde, aero, thor, strasse"
    )
    assert (
        fold("L\u0301u\u00adkasz\u200b \u05e9\u05b8\u05dc\u05d5\u05b9\u05dd")
        == "lukasz \u05e9\u05dc\u05d5\u05dd"
    )
    assert index_text("हिन्दी में ऑर्डर", None, [], []).words == "हिन्दी में ऑर्डर"


def test_what_has_no_spaces_is_known_by_its_places() -> None:
    indexed = index_text("iPhone手机订 ไหน", None, [], [])
    assert indexed.words == "iphone"
    assert indexed.exact == ("手机", "机订", "订", "ไหน", "หน", "น")


def test_a_snippet_shows_what_stands_in_the_middle() -> None:
    assert shown("请问我的订单什么时候发货", "订单")[1] == ["订单"]
    assert shown("สินค้าของฉันอยู่ที่ไหน", "ของฉัน")[1] == ["ของฉัน"]
    assert shown("주문한 상품이 안 와요", "상품")[1] == ["상품"]
    assert shown("Dzień dobry, Łukasz", "lukasz")[1] == ["Łukasz"]
    assert shown("Call L\u0301u\u00adkasz now", "lukasz")[1] == ["L\u0301u\u00adkasz"]
    assert shown("Call (415) 555-0187 now", "0187")[1] == ["(415) 555-0187"]
    piece, found = shown("请" * 300 + "订单" + "问" * 300, "订单")
    assert found == ["订单"]
    assert len(piece) < 180


def test_the_worst_texts_are_cut_in_time() -> None:
    for worst in ("订", "ก้", "Ł", "\u0301", "\u200b", "1 ", "א\u05b8", "ｶﾞ", "ﷺ", "+1(", "किं"):
        text = worst * (1_048_576 // len(worst))
        began = process_time()
        indexed = index_text(text, None, [], [])
        make_snippet(indexed.shown, wanted("订单 lukasz 4711"), is_stemmed=True)
        assert process_time() - began < 2, worst
        assert sum(len(place.encode()) + 4 for place in indexed.exact) < 1_000_000


@given(st.text(alphabet="订单ของฉันАбLłø \u0301주문ab1", min_size=1, max_size=60), st.data())
def test_any_part_of_what_has_no_spaces_is_found(text: str, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(text) - 1))
    part = text[begin : data.draw(st.integers(begin + 1, len(text)))]
    query = parse_search(f"{part} x")
    known = set(index_text(text, None, [], []).exact)
    for term in query.terms if query else ():
        assert known.issuperset(term.places)
        if term.run and not term.places:
            assert any(place.startswith(term.run) for place in known)

"""The text of an HTML document: what a reader would see, however long and however odd it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.html_text import text_of
from domain.preview import preview


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Where is<br>my <b>par</b>cel?</p><p>Ann", "Where is my parcel? Ann"),
        ("<style>p { color: red }</style><title>No</title>Yes", "Yes"),
        ("<STYLE>a<b</STYLE >Yes<script>no</scriptx>no", "Yes"),
        ("a<!-- <p>no</p> -->b<!-->c<!--->d<!-- no --!>e", "abcde"),
        ("a<!doctype html><?xml no?></ no>b</>c", "abc"),
        ("1 < 2 <3 &lt;b&gt; &amp;amp; &#233;&#xe9;&eacute;", "1 < 2 <3 <b> &amp; ééé"),
        ("&#99999999;&#0000000000000065;&#0;", "\ufffdA\ufffd"),
        ('<a title="a > b" href=x>link</a>', "link"),
        ("<a title='no\">link</a><b x='>yes", "yes"),
        ("<p>cut <a href='https://", "cut"),
        ("<table><tr><td>a<td>b<tr><td>c</table>", "a b c"),
    ],
)
def test_markup_is_stripped(html: str, text: str) -> None:
    assert text_of(html) == text


@given(st.text(alphabet="<>/!-='\"&#;x \nab\ud800", max_size=80))
def test_no_text_is_too_odd(html: str) -> None:
    text = text_of(html)
    assert text == " ".join(text.split())


def test_a_preview_begins_where_the_text_does() -> None:
    css = "<style>" + ".c{color:#112233;margin:0}\n" * 4_000 + "</style>"
    spaces = "<p>&nbsp;</p>\n" * 20
    html = f"<html><head>{css}</head><body>{spaces}<p>Where is my parcel?</p>"
    assert preview(html, "html", 0, None) == "Where is my parcel?"

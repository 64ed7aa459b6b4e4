"""Which HTML is too intricate to be made a tree: none that people write, all that would stall."""

from collections.abc import Callable
from time import process_time

import pytest
from hostile_html import HOSTILE_HTML
from hypothesis import given
from hypothesis import strategies as st

from domain.html_nesting import can_be_parsed
from inbox.conversations.mail_html import clean, mail_document

_MEGABYTE = 1 << 20
_MOST_SECONDS = 5.0
_TAGS = (
    "<div>", "</div>", "<b>", "<b id=@>", "</b>", "<font>", "</font>", "<p>", "</p>", "<table>",
    "</table>", "<tr>", "<td>", "</td>", "</tbody>", "<caption>", "</caption>", "<li>", "<dd>",
    "<select>", "</select>", "<object>", "</object>", "<svg>", "<desc>", "</svg>", "<textarea>",
    "</textarea>", "<template>", "</template>", "<button>", "<form>", "</form>", "x", '<a b="',
)  # fmt: skip


@pytest.mark.parametrize(
    "html",
    [
        "<table><tr><td>" * 100 + "deep" + "</table>" * 100,
        "<p>a<p>b<br>" * 20_000,
        "<table>" + "<tr><td><div><b>cell</b></div><td>next" * 5_000 + "</table>",
        "<table>" + "<tr><td><font size=2>unclosed" * 600 + "</table>",
        "<ul>" + "<li>unclosed" * 900 + "</ul>",
        "<b><i>crossed</b></i>" * 5_000,
        f'<img src="data:image/png;base64,{"A" * 500_000}">',
        "<table><!-- between rows --><tr><td>a</td></tr></table>" * 2_000,
    ],
    ids=range(8),
)
def test_what_people_write_is_shown_as_it_is(html: str) -> None:
    assert can_be_parsed(html)


@pytest.mark.parametrize("write", HOSTILE_HTML.values(), ids=HOSTILE_HTML.keys())
def test_a_mail_is_shown_in_time_whatever_it_consists_of(write: Callable[[int], str]) -> None:
    html = write(_MEGABYTE)
    began = process_time()
    mail_document(html, shows_images=False)
    assert process_time() - began < _MOST_SECONDS


@given(st.lists(st.sampled_from(_TAGS), max_size=6), st.lists(st.sampled_from(_TAGS), min_size=1))
def test_what_can_be_parsed_is_cleaned_in_time(before: list[str], repeated: list[str]) -> None:
    unit = "".join(repeated)
    units = (unit.replace("@", str(number)) for number in range((1 << 16) // len(unit)))
    html = "".join([*before, *units])
    if can_be_parsed(html):
        began = process_time()
        clean(html, shows_images=False)
        assert process_time() - began < 1

"""Which HTML is too intricate to be made a tree: none that people write, all that would stall."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.html_nesting import can_be_parsed
from domain.mail_html import clean_mail

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


@given(st.lists(st.sampled_from(_TAGS), max_size=6), st.lists(st.sampled_from(_TAGS), min_size=1))
def test_what_can_be_parsed_is_cleaned_in_time(before: list[str], repeated: list[str]) -> None:
    unit = "".join(repeated)
    units = (unit.replace("@", str(number)) for number in range((1 << 16) // len(unit)))
    html = "".join([*before, *units])
    if can_be_parsed(html):
        began = process_time()
        clean_mail(html)
        assert process_time() - began < 1

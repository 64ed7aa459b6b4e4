"""Cursors of lists by name: they come back as they were made, for their list alone."""

import pytest

from domain.errors import InvalidCursor
from inbox.http.name_cursor import name_after, page_by_name


@pytest.mark.parametrize("name", ["a", "Zoë", "x" * 200, "a?b/c+d"])
def test_a_page_ends_where_the_next_begins(name: str) -> None:
    page = page_by_name([name, "later"], 1, str, "agents", 1)
    assert page.next_cursor is not None
    assert name_after(page.next_cursor, "agents", 1) == name
    for listing, customer in (("tags", 1), ("agents", 2)):
        with pytest.raises(InvalidCursor):
            name_after(page.next_cursor, listing, customer)


def test_the_last_page_has_no_cursor() -> None:
    assert page_by_name(["a"], 1, str, "agents", 1).next_cursor is None
    assert name_after(None, "agents", 1) is None


@pytest.mark.parametrize("text", ["", "x", "====", "é", "AAAAAAAAAAA="])
def test_what_was_not_made_here_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        name_after(text, "agents", 1)

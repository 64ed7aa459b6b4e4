"""A list on a page of operators: one page of its rows, where it goes on, and why it is empty.

Knows no list.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from inbox.http.paging import ROWS_PER_PAGE
from inbox.operations.page_filters import Given
from inbox.operations.page_views import Empty, PageLinks

R = TypeVar("R")

UNREADABLE_FILTER = Empty(
    icon="list-filter",
    heading="A filter cannot be read",
    sentence="What is wrong stands beside it.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage(Generic[R]):
    """Some rows of a list, and the links to its other pages."""

    rows: Sequence[R]
    links: PageLinks


def page_of(given: Given, path: str, found: Sequence[R], id_of: Callable[[R], str]) -> ListPage[R]:
    """Make a page of its rows and the one too many, by which one knows that there are more."""
    rows = found[:ROWS_PER_PAGE]
    following = id_of(rows[-1]) if len(found) > ROWS_PER_PAGE else None
    return ListPage(rows=rows, links=page_links(given, path, following))


def page_links(given: Given, path: str, following: str | None) -> PageLinks:
    """Link to the first page, unless it is this one, and to the next, if there is one."""
    return PageLinks(
        first_href=given.link(path, before="") if given.id("before") else "",
        next_href=given.link(path, before=following) if following else "",
    )


def no_match(
    path: str, heading: str, sentence: str = "With fewer filters there may be one."
) -> Empty:
    """Say that rows are filtered out, and offer the list without filters."""
    return Empty(
        icon="search", heading=heading, sentence=sentence, href=path, link="Clear the filters"
    )

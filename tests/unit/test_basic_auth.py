"""Passwords in the query of a URL are hidden where the URL is kept."""

import pytest

from domain.basic_auth import without_password


@pytest.mark.parametrize(
    ("query", "hidden"),
    [
        ("?password=abc", "?password=***"),
        ("?x=1&password=a%20b&y=password", "?x=1&password=***&y=password"),
        ("?password=a&password=b", "?password=***&password=***"),
        ("?password=", "?password=***"),
        ("?xpassword=abc&Password=abc", "?xpassword=abc&Password=abc"),
        ("/password=abc", "/password=abc"),
        ("", ""),
    ],
)
def test_a_password_is_hidden(query: str, hidden: str) -> None:
    url = "https://inlet.example/webhooks/ses/tok"
    assert without_password(url + query) == url + hidden

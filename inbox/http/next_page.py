"""The `Link` header that leads to a list's next page, for clients that follow links."""

from urllib.parse import urlencode

from inbox.http.call import Call


def next_link(call: Call, cursor: str | None) -> dict[str, str]:
    """Make the header; there is none on the last page."""
    if cursor is None:
        return {}
    pairs = [(name, value) for name, value in call.query_pairs() if name != "cursor"]
    query = urlencode([*pairs, ("cursor", cursor)])
    return {"Link": f'<{call.request.url.path}?{query}>; rel="next"'}

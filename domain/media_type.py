"""Reads what a Content-Type names. Source: RFC 9110 section 8.3.1."""


def media_type(content_type: str) -> str:
    """Return the media type in lower case, without its parameters."""
    return content_type.partition(";")[0].strip().lower()

"""The colours of statuses and of signatures."""

from domain.event import SignatureResult
from inbox.operations.page_views import Tag
from store.event_listing import EventStatus

STATUS_TAGS: dict[EventStatus, Tag] = {
    "received": Tag(word="Received", tone="busy"),
    "error": Tag(word="Error", tone="warn"),
    "processed": Tag(word="Processed", tone="ok"),
    "dead_letter": Tag(word="Dead letter", tone="fail"),
}
SIGNATURE_TAGS: dict[SignatureResult, Tag] = {
    "verified": Tag(word="Verified", tone="ok"),
    "failed": Tag(word="Failed", tone="fail"),
    "unchecked": Tag(word="Unchecked", tone="idle"),
}

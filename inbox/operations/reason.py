"""Why an operator does something, in their own words, as the audit keeps it."""

from typing import Annotated

from domain.errors import wrong_field
from domain.recovery import LONGEST_REASON
from domain.text import clean_text
from inbox.http.values import described

Reason = Annotated[str, described(maxLength=LONGEST_REASON)]


def checked_reason(text: str | None) -> str | None:
    """Return the reason without what cannot be stored, or None where it says nothing.

    Raises: ValidationFailed.
    """
    reason = clean_text(text or "").strip()
    if len(reason) > LONGEST_REASON:
        detail = f"reason must have at most {LONGEST_REASON} characters"
        raise wrong_field("reason", "too_long", detail)
    return reason or None

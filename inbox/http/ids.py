"""Reads ids where requests carry them: in the path, and in the body."""

from domain.errors import FieldError, NotFound, ValidationFailed
from inbox.http.call import Call
from inbox.http.parameters import parse_id


def id_in_path(call: Call, what: str, name: str = "id") -> str:
    """Return the id that the path names.

    Raises: NotFound, where no `what` can have it.
    """
    named = call.path(name)
    if named is None:
        raise NotFound(f"there is no such {what}")
    return named


def id_in_body(text: str, field: str) -> str:
    """Return an id of the body as it is stored.

    Raises: ValidationFailed.
    """
    found = parse_id(text)
    if found is None:
        raise invalid_field(field, "not_a_uuid", "a UUID")
    return found


def invalid_field(field: str, code: str, expected: str) -> ValidationFailed:
    """Make the refusal of one field of the body."""
    detail = f"{field} must be {expected}"
    return ValidationFailed(
        detail, (FieldError(location="body", name=field, code=code, detail=detail),)
    )

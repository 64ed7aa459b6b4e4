"""Whose fault a failed insert is: the database's, which passes, or the events' own."""

from store.database import DatabaseError, fault_of

# A statement that took too long. Events cannot make an insert slow, so the server is.
_TOO_SLOW = "57014"


def is_outage(error: Exception) -> bool:
    """Say whether the same events may well be taken later."""
    if isinstance(error, DatabaseError):
        return error.sqlstate == _TOO_SLOW or fault_of(error) != "data"
    return isinstance(error, OSError)

"""Who is to blame for a failed transaction: the server, its neighbours, or its own rows.

Decides nothing about what is done then.
"""

from typing import Literal

import psycopg

from store.database import Connection

Fault = Literal["outage", "contention", "data"]

# SQLSTATE classes: 08 connection, 28 and 3D who and where, 42 the schema is not ours, 53 resources,
# 58 system errors.
_OUTAGE_CLASSES = frozenset({"08", "28", "3D", "3F", "42", "53", "58"})
_CONTENTION = frozenset({"40001", "40P01", "55P03"})
_STATEMENT_TIMEOUT = "57014"
_UNWRITABLE = (psycopg.DataError, psycopg.ProgrammingError, psycopg.NotSupportedError)


def fault_of(error: Exception, conn: Connection | None = None) -> Fault:
    """Say who is to blame; whatever fails on a connection that is closed now, the server is."""
    if not isinstance(error, psycopg.Error):
        return "outage" if isinstance(error, OSError) else "data"
    if conn is not None and conn.closed:
        return "outage"
    state = error.sqlstate
    if state is None:
        # The server was not reached, or the driver could not write a value.
        return "data" if isinstance(error, _UNWRITABLE) else "outage"
    if state[:2] in _OUTAGE_CLASSES or state.startswith("57P"):
        return "outage"
    return "contention" if state in _CONTENTION else "data"


def is_statement_timeout(error: Exception) -> bool:
    """Say whether a statement ran into its time limit, which its rows may be guilty of."""
    return isinstance(error, psycopg.Error) and error.sqlstate == _STATEMENT_TIMEOUT


def may_take_later(error: Exception) -> bool:
    """Say whether the same rows may well be written later; they cannot make that slow."""
    return is_statement_timeout(error) or fault_of(error) != "data"

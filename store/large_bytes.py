"""Bytes that go to Postgres as they lie: psycopg's own dumper copies them once more."""

from dataclasses import dataclass

from psycopg.adapt import Dumper
from psycopg.postgres import types
from psycopg.pq import Format

# The buffers of a connection stay as large as what ever went through it: one that carried more is
# replaced.
BUFFERS_KEPT_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class LargeBytes:
    content: bytes


class LargeBytesDumper(Dumper):
    """Gives psycopg the bytes themselves."""

    format = Format.BINARY
    oid = types["bytea"].oid

    def dump(self, obj: LargeBytes) -> bytes:
        return obj.content

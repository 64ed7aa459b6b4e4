"""Bytes that go to Postgres as they lie: psycopg's own dumper copies them once more."""

from dataclasses import dataclass

from psycopg.adapt import Dumper
from psycopg.postgres import types
from psycopg.pq import Format

LARGE_BYTES = 1 << 20  # what is larger goes as a parameter of its own, not in an array


@dataclass(frozen=True, slots=True)
class LargeBytes:
    content: bytes


class LargeBytesDumper(Dumper):
    """Gives psycopg the bytes themselves."""

    format = Format.BINARY
    oid = types["bytea"].oid

    def dump(self, obj: LargeBytes) -> bytes:
        return obj.content

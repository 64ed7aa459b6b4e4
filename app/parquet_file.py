"""Writes rows as Parquet, where the extra `parquet` is installed. The only file that knows pyarrow.

A batch is a row group, so no more than one is in memory.
https://arrow.apache.org/docs/python/generated/pyarrow.parquet.ParquetWriter.html
"""

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, BinaryIO

from domain.errors import OperatorError
from store.analysts_export import ExportedColumn


def check_parquet() -> None:
    """Look whether this installation can write Parquet.

    Raises: OperatorError where the extra is not installed.
    """
    if find_spec("pyarrow") is None:
        raise OperatorError(
            "--format parquet needs the extra parquet: pip install 'inlet[parquet]'"
        )


class ParquetFile:
    """A Parquet file with these columns, which `close` makes whole."""

    def __init__(self, file: BinaryIO, columns: Sequence[ExportedColumn]) -> None:
        self._arrow: Any = import_module("pyarrow")
        fields = [(column.name, self._type_of(column.type)) for column in columns]
        self._schema = self._arrow.schema(fields)
        self._writer = import_module("pyarrow.parquet").ParquetWriter(
            file, self._schema, compression="zstd"
        )

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        """Write a batch of rows."""
        columns = zip(*rows, strict=True) if rows else [()] * len(self._schema)
        arrays = [
            self._arrow.array(values, type=field.type)
            for values, field in zip(columns, self._schema, strict=True)
        ]
        self._writer.write_batch(self._arrow.record_batch(arrays, schema=self._schema))

    def close(self) -> None:
        """Write what a reader needs to find the rows."""
        self._writer.close()

    def _type_of(self, name: str) -> Any:
        arrow = self._arrow
        return {
            "int8": arrow.int64(),
            "int4": arrow.int32(),
            "int2": arrow.int16(),
            "float8": arrow.float64(),
            "bool": arrow.bool_(),
            "date": arrow.date32(),
            "timestamptz": arrow.timestamp("us", tz="UTC"),
            "text": arrow.string(),
            "text[]": arrow.list_(arrow.string()),
        }[name]

"""What all that is being received may take in memory, until it is complete."""

from domain.errors import Unavailable
from ingest import metrics


class Room:
    """What all unfinished bodies together may take. Units: bytes."""

    def __init__(self, most_bytes: int) -> None:
        self._free_bytes = most_bytes

    def take(self, size_bytes: int) -> None:
        """Raises: Unavailable when there is no room left."""
        if size_bytes > self._free_bytes:
            metrics.UNAVAILABLE.inc()
            raise Unavailable("too much is being received at once; send it again")
        self._free_bytes -= size_bytes

    def give_back(self, size_bytes: int) -> None:
        self._free_bytes += size_bytes

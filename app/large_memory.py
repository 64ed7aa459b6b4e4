"""What becomes of the memory of a large body once it is free. Knows nothing else."""

import ctypes

from domain.event import LARGE_BYTES

_MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD of malloc.h


def give_back_large_memory() -> None:
    """Have the C library give pieces of more than a megabyte back to the system once they are free.

    glibc raises its own threshold to as much as was ever freed, up to 32 MB, and keeps what is
    smaller: a process would stay as large as its largest mail made it, several times over. Where
    the C library is another, nothing happens.
    Source: https://www.gnu.org/software/libc/manual/html_node/Malloc-Tunable-Parameters.html
    """
    adjust = getattr(ctypes.CDLL(None), "mallopt", None)
    if adjust is not None:
        adjust(_MMAP_THRESHOLD, LARGE_BYTES)

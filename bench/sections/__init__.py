"""One file per section of the table; each has `measure(plan) -> list[Figure]`."""

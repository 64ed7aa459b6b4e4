"""Which conversations merges and splits tie together. Pure."""

from collections.abc import Iterable


def families_of(decisions: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Name each conversation of these pairs after one of those that it hangs together with."""
    parent: dict[str, str] = {}

    def root(one: str) -> str:
        parent.setdefault(one, one)
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    for one, other in decisions:
        first, second = sorted((root(one), root(other)))
        parent[second] = first
    return {one: root(one) for one in parent}

"""Which conversations merges and splits tie together. Pure."""

from collections.abc import Iterable


def families_of(decisions: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Name each conversation of these pairs after one of those that it hangs together with."""
    parent: dict[str, str] = {}

    def root(conversation: str) -> str:
        parent.setdefault(conversation, conversation)
        while parent[conversation] != conversation:
            parent[conversation] = parent[parent[conversation]]
            conversation = parent[conversation]
        return conversation

    for conversation, other in decisions:
        first, second = sorted((root(conversation), root(other)))
        parent[second] = first
    return {conversation: root(conversation) for conversation in parent}

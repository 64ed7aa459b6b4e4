"""One word for one thing: names that say nothing and words that were replaced stay out."""

import re
from collections.abc import Iterable
from pathlib import Path

from source_files import all_files, code_files, name_of, python_files

_SAY_NOTHING = {"util", "utils", "helper", "helpers", "common", "base", "manager", "service"}

# Each is another word for one in the glossary: customer, provider, conversation, address, ...
_REPLACED = (
    "tenant_id", "vendor", "thread_id", "chat_id", "ticket_id", "phone_number", "webhook_event",
    "external_id", "payload_hash", "organization_id", "account_id", "user_id", "requeue",
    "reprocess", "dlq", "tally", "ledger", "nursery", "reading_room", "lesson", "culprit", "bury",
    "hand_over", "backstage", "doorkeeper", "quiet_end", "probing", "crew", "dice",
)  # fmt: skip
_REPLACED_WORD = re.compile(rf"(?<![a-z])({'|'.join(_REPLACED)})(?![a-z])", re.IGNORECASE)

# What a provider calls its fields is in the files that have its name, and cannot be called another.
_OF_PROVIDERS = {
    "phone_number": ("telnyx",),
    "payload_hash": ("messagebird", "vonage"),
    "user_id": ("vonage",),
}

# Where somebody's machine keeps things, and where somebody's packages come from.
_PLACE = re.compile(
    r"(?<![\w.])/(?:home|root|Users|work|mnt|opt)/|py[p]i\.|python[h]osted|index[-_]url|find[-_]links"
)


def test_no_module_has_a_name_that_says_nothing() -> None:
    named = [name_of(path) for path in python_files() if _SAY_NOTHING & set(path.stem.split("_"))]

    assert named == []


def test_no_code_uses_a_replaced_word() -> None:
    found = _found(_REPLACED_WORD, code_files())

    assert [each for each in found if not _is_of_provider(*each.split(": "))] == []


def test_no_file_names_a_machine_or_a_package_index() -> None:
    assert _found(_PLACE, all_files()) == []


def _is_of_provider(path: str, word: str) -> bool:
    return any(provider in path for provider in _OF_PROVIDERS.get(word, ()))


def _found(pattern: re.Pattern[str], paths: Iterable[Path]) -> list[str]:
    """List what the pattern finds, but for this file, which has to spell it out."""
    return [
        f"{name_of(path)}: {match[0]}"
        for path in paths
        if path != Path(__file__)
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
    ]

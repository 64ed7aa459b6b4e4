"""What an operator does to a channel is in the audit, without a secret and without an address."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import command_line
from conftest import OpenConnection

_CHANGES = (
    ("set", "texts", "--send-url", "https://gate.example/out", "--rate", "5"),
    ("watch", "texts", "--silence-minutes", "90"),
    ("secret", "texts", "--secret", "whsec_aGlkZGVu"),
    ("credential", "texts", "--credential", "hidden-key"),
    ("address", "add", "texts", "(415) 555-0191"),
    ("address", "remove", "texts", "(415) 555-0191"),
)


def test_every_change_of_a_channel_is_audited(
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    open_connection: OpenConnection,
    run: Callable[..., Any],
) -> None:
    inlet = command_line(database_url, tmp_path, monkeypatch, capsys)
    texts = ("--provider", "generic", "--kind", "sms", "--name", "texts", "--secret", "hidden")
    channel_id = inlet("channel", "add", *texts, "--address", "4155550190", "--json").json["id"]
    for words in _CHANGES:
        assert inlet("channel", *words).code == 0
    audited = run(_audited, open_connection)
    assert [(action, object_id) for action, object_id, _ in audited] == [
        ("channel.added", channel_id),
        ("channel.changed", channel_id),
        ("channel.watch_changed", channel_id),
        ("channel.secrets_changed", channel_id),
        ("channel.credential_changed", channel_id),
        ("channel.address_added", channel_id),
        ("channel.address_removed", channel_id),
    ]
    details = [detail for _, _, detail in audited]
    assert details[:2] == [
        {"provider": "generic", "kind": "sms", "signature_mode": "enforce"},
        {"options": ["send_url", "sends_per_second"]},
    ]
    for private in ("hidden", "aGlkZGVu", "gate.example", "555019"):
        assert private not in str(details)


async def _audited(open_connection: OpenConnection) -> list[tuple[str, str, dict[str, Any]]]:
    async with open_connection() as conn:
        cursor = await conn.execute("SELECT action, object_id::text, detail FROM audit ORDER BY id")
        return [
            (action, object_id, detail) for action, object_id, detail in await cursor.fetchall()
        ]

"""What `inlet up` prints: the key on a terminal only, and demo channels where nobody else posts."""

import io
import sys
from pathlib import Path

import pytest

from app.keys import admin_key
from app.settings import Settings
from app.welcome import Welcome, print_welcome
from domain.channel import Channel

_KEY = "inlet_a_key_of_the_tests"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _printed(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, out: io.StringIO, key: str = _KEY
) -> str:
    channels: list[Channel] = []
    monkeypatch.setattr(sys, "stdout", out)
    print_welcome(Welcome(settings=settings, key=key, channels=channels))
    return out.getvalue()


def test_a_terminal_shows_the_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = _printed(monkeypatch, Settings(data_dir=tmp_path), _Terminal())
    assert text.count(_KEY) == 2


def test_a_log_names_the_file_of_the_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    key = admin_key(settings)
    text = _printed(monkeypatch, settings, io.StringIO(), key)
    assert key not in text
    assert text.count(str(tmp_path / "admin_key")) == 2
    assert (tmp_path / "admin_key").read_text().strip() == key


def test_a_log_names_the_setting_of_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    text = _printed(monkeypatch, Settings(inlet_admin_key=_KEY), io.StringIO())
    assert _KEY not in text
    assert "INLET_ADMIN_KEY" in text


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True),
        ("192.168.0.1", False), ("::", False), ("192.0.2.7", False), ("inlet.example", False),
    ],
)  # fmt: skip
def test_loopback_is_told_from_what_others_reach(host: str, is_own: bool) -> None:
    assert Settings(host=host).listens_on_loopback is is_own

"""`inlet customer`: customers, and how long each keeps things."""

import json
import sys
from collections.abc import Callable

import pytest
from flows import values

from app.cli import main
from store.database import connect

Inlet = Callable[..., str]


@pytest.fixture
def inlet(
    database_url: str,
    tmp_path: object,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Inlet:
    """Run a command in this process; return what it printed, or the one line of its failure."""
    monkeypatch.chdir(str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", database_url)

    def run_command(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["inlet", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit):
            main()
        out, err = capsys.readouterr()
        return out or err

    return run_command


async def _audited(database_url: str) -> list[object]:
    async with await connect(database_url, "tests") as conn:
        return await values(
            conn,
            b"SELECT c.name || ' ' || a.action || ' ' || coalesce(a.detail->>'event_days', '')"
            b" FROM audit AS a JOIN customers AS c ON c.id = a.customer_id ORDER BY a.id",
        )


def test_what_is_done_to_a_customer_is_in_their_audit(
    inlet: Inlet, database_url: str, run: Callable[..., object]
) -> None:
    inlet("customer", "add", "Acme", "--event-days", "30")
    inlet("customer", "add", "Acme")
    inlet("customer", "set", "Acme", "--event-days", "60")
    inlet("customer", "set", "Acme", "--name", "default")

    assert run(_audited, database_url) == ["Acme customer.added 30", "Acme customer.changed 60"]


def test_a_customer_is_added_shown_and_changed(inlet: Inlet) -> None:
    added = json.loads(inlet("customer", "add", "Acme", "--event-days", "30", "--json"))
    assert added["kept"] == {
        "event_days": 30, "dead_letter_days": 90, "quarantine_days": 30, "outbox_days": 7,
        "file_days": 0,
    }  # fmt: skip
    assert inlet("customer", "add", "Acme") == (
        "inlet: a customer has this name: see `inlet customer list`\n"
    )
    changed = json.loads(
        inlet(
            *("customer", "set", "Acme", "--name", "Acme Inc", "--json"),
            *("--event-days", "default", "--quarantine-days", "3", "--file-quota", "1500MB"),
        )
    )
    assert changed["most_file_bytes"] == 1_500_000_000
    assert changed["own"] == {
        "event_days": None, "dead_letter_days": None, "quarantine_days": 3, "outbox_days": None,
        "file_days": None,
    }  # fmt: skip
    listed = json.loads(inlet("customer", "list", "--json"))["items"]
    assert [customer["name"] for customer in listed] == ["default", "Acme Inc"]
    shown = inlet("customer", "show", "Acme Inc")
    assert "event days        for ever (the default)" in shown
    assert "quarantine days   3 days\n" in shown
    assert "file quota        1.5 GB\n" in shown
    assert "for ever" in inlet("customer", "list")
    free = inlet("customer", "set", "Acme Inc", "--file-quota", "default", "--json")
    assert json.loads(free)["most_file_bytes"] is None


@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        (("add", "B", "--event-days", "6"), "--event-days takes 7 to 36500, or default"),
        (("add", "B", "--outbox-days", "x"), "--outbox-days takes 1 to 36500, or default"),
        (("add", "B", "--file-days", "0"), "--file-days takes 1 to 36500, or default"),
        (("add", "B", "--file-quota", "much"), "--file-quota takes a number of bytes, as 500MB"),
        (("add", " "), "a name has 1 to 100 printable characters"),
        (("set", "default"), "say what to change: see `inlet customer set --help`"),
        (("set", "default", "--name", "A"), "the first customer keeps its name"),
        (("show", "nobody"), "no customer has this name: see `inlet customer list`"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    inlet: Inlet, arguments: tuple[str, ...], refusal: str
) -> None:
    printed = inlet("customer", *arguments)
    assert printed.startswith(f"inlet: {refusal}")
    assert printed.count("\n") == 1

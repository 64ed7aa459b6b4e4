"""`inlet channel test` and `inlet simulate` against the real programs and a real Postgres."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from command_line import Inlet
from conftest import OpenConnection

from simulation import PLAYED

_INLET = (sys.executable, "-P", "-m", "app.cli")
_SECONDS = 60


@pytest.fixture
def environment(database_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": database_url,
        "SECRET_KEY": "a secret key for tests",
        "PUBLIC_URL": "https://inlet.example",
        "DATA_DIR": str(tmp_path),
        "LOG_FORMAT": "json",
        "LOG_LEVEL": "info",
    }


@pytest.fixture
def server(environment: dict[str, str], tmp_path: Path) -> Generator[str]:
    """Run a web process and a worker; yields where the web process listens."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        _started(environment, tmp_path, "serve", "--fd", str(listener.fileno())),
        _started(environment, tmp_path, "work"),
    ):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def _started(environment: dict[str, str], folder: Path, *arguments: str) -> Generator[None]:
    """Run a program from the first line of its log, which says that it is ready."""
    with subprocess.Popen(
        [*_INLET, *arguments],
        env=environment,
        cwd=folder,
        pass_fds=[int(word) for word in arguments if word.isdigit()],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        try:
            assert "_started" in process.stdout.readline()
            yield
        finally:
            process.terminate()
            process.communicate(timeout=_SECONDS)


@pytest.fixture
def program(environment: dict[str, str], tmp_path: Path) -> Callable[..., Any]:
    """Run a command that must succeed, as a program; returns the JSON it wrote."""

    def run_command(*arguments: str) -> Any:
        ended = subprocess.run(
            [*_INLET, *arguments, "--json"],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)

    return run_command


_CHANNELS = (
    ("generic", "sms", "+14155550199", "enforce"),
    ("generic", "email", "help@example.com", "enforce"),
    ("telnyx", "sms", "+14155550197", "enforce"),
    ("twilio", "sms", "+14155550198", "report"),
    ("bandwidth", "sms", "+14155550184", "enforce"),
    ("vonage", "sms", "+14155550196", "enforce"),
    ("infobip", "sms", "+14155550183", "enforce"),
    ("bird", "sms", "+14155550181", "enforce"),
    ("brevo", "email", "brevo@example.com", "enforce"),
    ("mailgun", "email", "gun@example.com", "enforce"),
    ("mandrill", "email", "drill@example.com", "enforce"),
    ("messagebird", "sms", "+14155550182", "enforce"),
    ("plivo", "sms", "+14155550187", "enforce"),
    ("postmark", "email", "post@example.com", "enforce"),
    ("resend", "email", "res@example.com", "enforce"),
    ("sendgrid", "email", "grid@example.com", "enforce"),
    ("ses", "email", "ses@example.com", "enforce"),
    ("sinch", "sms", "+14155550186", "enforce"),
    ("smtp", "email", "smtp@example.com", "enforce"),
)
# Which make the secret themselves.
_ISSUING = (
    "mailgun", "mandrill", "messagebird", "plivo", "resend", "telnyx", "twilio", "vonage",
)  # fmt: skip


def _add_channels(inlet: Inlet) -> list[str]:
    names: list[str] = []
    for provider, kind, address, mode in _CHANNELS:
        secret = ("--secret", "whsec_YXV0aCB0b2tlbg==") if provider in _ISSUING else ()
        added = inlet(
            *("channel", "add", "--provider", provider, "--kind", kind, "--address", address),
            *("--name", f"{provider}-{kind}", "--mode", mode, *secret, "--json"),
        )
        names.append(added.json["name"])
    return names


async def _count(open_connection: OpenConnection) -> tuple[int, int, int]:
    async with open_connection() as conn:
        cursor = await conn.execute(
            """
            SELECT
                (SELECT count(*) FROM messages),
                (SELECT count(*) FROM inbound_events WHERE signature = 'verified')
                    -- SendGrid gives no id: the same mail at another time is another event.
                    - (SELECT count(*) FROM message_copies)
                    -- A text is the message of the first of its parts, once all are there.
                    - (
                        SELECT count(*) FROM message_parts
                        WHERE event_id IS DISTINCT FROM message_id
                    ),
                (SELECT count(*) FROM quarantined_deliveries)
            """
        )
        row = await cursor.fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def test_a_channel_is_tried_out_and_traffic_becomes_messages(
    server: str,
    inlet: Inlet,
    program: Callable[..., Any],
    open_connection: OpenConnection,
    run: Callable[..., Any],
) -> None:
    names = _add_channels(inlet)
    for name in names:
        report = inlet("channel", "test", name, "--url", server, "--json").json
        status = None if name == "ses-email" else "processed"
        assert (report["http_status"], report["event_status"]) == (200, status)
        is_enforced = name != "twilio-sms"
        assert report["tampered_status"] == (401 if is_enforced else None)

    # Nobody has what a simulated mail of Resend says; what tries its channel out is a receipt.
    # Of SES nothing that is played can be checked; what tries its channel out holds no event.
    names.remove("resend-email")
    names.remove("ses-email")
    channels = [word for name in names for word in ("--channel", name)]
    wanted = ("simulate", "--rate", "0", "--connections", "8", "--count", "200", "--seed", "5")
    summary = program(*wanted, *channels, "--url", server)
    counts = [summary[word] for word in ("sent", "accepted", "distinct_messages", "duplicates")]
    assert counts == [200, 200, 160, 40]
    assert (summary["refused"], summary["failed"]) == (0, 0)

    again = program(*wanted, *channels, "--url", server)
    assert again["accepted"] == 200
    few = ("simulate", "--rate", "0", "--count", "5", "--duplicates", "0", "--seed", "6")
    assert program(*few, "--provider", "postmark", "--url", server)["distinct_messages"] == 5
    # The last sample is queued after all the traffic.
    assert program("channel", "test", names[0], "--url", server)["event_status"] == "processed"
    messages, verified, quarantined = run(_count, open_connection)
    assert messages == verified - 1 == 160 + 5 + len(names) + 1
    assert quarantined >= 2


def test_every_provider_is_played_and_what_became_of_it_is_counted(
    server: str, program: Callable[..., Any]
) -> None:
    wanted = ("simulate", "--provider", "all", "--rate", "0", "--connections", "8")
    first = program(*wanted, "--count", "300", "--seed", "7", "--url", server)
    assert (first["sent"], first["accepted"]) == (300, 300)
    places = first["providers"]
    assert len(places) == len(first["channels"]) >= 15
    assert {place["provider"] for place in places} == set(PLAYED) - {"resend", "ses"}
    assert sum(place["accepted"] for place in places) == 300
    for place in places:
        assert (place["lost"], place["doubled"], place["failed"]) == (0, 0, 0)
        assert place["p50_ms"] <= place["p95_ms"] <= place["p99_ms"]

    second = program(*wanted, "--count", "100", "--seed", "8", "--url", server)
    assert second["channels"] == first["channels"]
    assert {place["lost"] + place["doubled"] for place in second["providers"]} == {0}


def test_what_only_its_provider_can_sign_is_not_tried_out(inlet: Inlet) -> None:
    """A public key of 32 bytes: https://www.rfc-editor.org/rfc/rfc8032#section-7.1"""
    key = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    added = ("channel", "add", "--provider", "telnyx", "--kind", "sms", "--secret", key)
    inlet(*added, "--address", "+14155550197", "--name", "telnyx-sms")
    ended = inlet("channel", "test", "telnyx-sms")
    assert ended.code == 1
    assert "only its provider can sign" in ended.err

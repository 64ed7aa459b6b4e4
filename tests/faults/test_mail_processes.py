"""Mail as an installation has it: real processes, a real mail server, Python's own clients.

Source: RFC 5321, RFC 5322 section 3.6.4 (In-Reply-To and References of an answer)
"""

import json
import signal
import smtplib
import subprocess
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from typing import Any

import httpx
import pytest
from inlet_up import (
    PATIENCE_SECONDS,
    PROGRAM,
    Running,
    admin_headers,
    environment,
    folder_of_its_own,
    up,
    wait_until,
)
from mail_world import MailWorld, TakenMail, mail_world

_OWN = "help@example.com"
_ANN = "ann@example.org"
_SETTINGS = {
    "SMTP_LISTEN": "127.0.0.1:0",
    "SMTP_METRICS_LISTEN": "127.0.0.1:0",
    "SMTP_HOSTNAME": "in.test",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A running installation, and the mail servers of everybody else."""

    running: Running
    world: MailWorld

    @property
    def port(self) -> int:
        """Where it receives mail: its log says it."""
        return self.ports("smtp_started")[0]

    def ports(self, event: str) -> Sequence[int]:
        """Return the ports that its log names with such an event, oldest first."""
        lines = [json.loads(line) for line in self.running.log.read_text().splitlines()]
        return [line["port"] for line in lines if line["event"] == event]

    def send(self, subject: str, **fields: str) -> EmailMessage:
        """Send a mail to it, as a mail server of Ann's would."""
        mail = EmailMessage()
        told = {"From": f"Ann <{_ANN}>", "To": _OWN, "Message-ID": make_msgid(domain="example.org")}
        for name, value in (told | fields | {"Subject": subject}).items():
            mail[name] = value
        mail.set_content("Wo bleibt es? Grüße")
        wait_until(lambda: self._is_taken(mail))
        return mail

    def _is_taken(self, mail: EmailMessage) -> bool:
        """Try to give it a mail, as mail servers do: what may pass is tried again."""
        try:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=PATIENCE_SECONDS) as client:
                return client.send_message(mail, _ANN, [mail["To"]]) == {}
        except smtplib.SMTPServerDisconnected:
            return False
        except smtplib.SMTPResponseException as refusal:
            if refusal.smtp_code >= 500:
                raise
            return False

    def get(self, path: str) -> Any:
        answer = httpx.get(
            f"{self.running.url}/api{path}", headers=admin_headers(), timeout=PATIENCE_SECONDS
        )
        assert answer.is_success, answer.text
        return answer.json()

    def conversations(self, subject: str) -> Sequence[Any]:
        return [each for each in self.get("/conversations")["items"] if each["subject"] == subject]

    def conversation_of(self, subject: str, messages: int) -> str:
        """Wait until there is one conversation with so many messages; return its id."""
        wait_until(
            lambda: [each["message_count"] for each in self.conversations(subject)] == [messages]
        )
        return self.conversations(subject)[0]["id"]

    def answer(self, conversation: str, body: str) -> TakenMail:
        """Answer by the API, and wait for the mail."""
        before = len(self.world.taken())
        path = f"{self.running.url}/api/conversations/{conversation}/messages"
        told = {"body": body, "undo_seconds": 0}
        answer = httpx.post(path, json=told, headers=admin_headers(), timeout=PATIENCE_SECONDS)
        assert answer.is_success, answer.text
        wait_until(lambda: len(self.world.taken()) > before)
        return self.world.taken()[-1]


def _command(folder: Path, *words: str) -> None:
    settings = environment() | {"DATA_DIR": str(folder)}
    done = subprocess.run(
        [*PROGRAM, *words], cwd=folder, env=settings, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def desk() -> Generator[Desk]:
    with (
        folder_of_its_own() as folder,
        mail_world(folder / "world") as world,
        up(folder, **_SETTINGS) as running,
    ):
        _command(
            folder, "channel", "add", "--provider", "smtp", "--kind", "email", "--name", "help",
            "--address", _OWN, "--send-url", f"smtp://127.0.0.1:{world.port}", "--reply-addresses",
        )  # fmt: skip
        desk = Desk(running=running, world=world)
        wait_until(lambda: _is_known(desk))
        yield desk


def _is_known(desk: Desk) -> bool:
    """Say whether the channel has reached the process that receives."""
    with smtplib.SMTP("127.0.0.1", desk.port, timeout=PATIENCE_SECONDS) as client:
        client.ehlo()
        client.mail(_ANN)
        return client.rcpt(_OWN)[0] == 250


def test_a_mail_its_answer_and_the_answer_to_that_are_one_conversation(desk: Desk) -> None:
    asked = desk.send("Order")
    conversation = desk.conversation_of("Order", 1)
    left = desk.answer(conversation, "It is on its way. Grüße 👍")
    assert (left.sender, left.recipients) == (_OWN, [_ANN])
    mail = left.mail
    assert mail["In-Reply-To"] == asked["Message-ID"]
    assert str(mail["References"]).split() == [asked["Message-ID"]]
    assert str(mail["Message-ID"]).endswith("@example.com>")
    assert (mail["From"], mail["To"]) == (_OWN, _ANN)
    assert mail.get_content().rstrip() == "It is on its way. Grüße 👍"
    thread = f"{asked['Message-ID']} {mail['Message-ID']}"
    named = {"In-Reply-To": mail["Message-ID"], "References": thread}
    desk.send("Re: Order", To=str(mail["Reply-To"]), **named)
    assert desk.conversation_of("Order", 3) == conversation

    # And by the reply address alone, whatever a program makes of the rest.
    desk.send("Something else", To=str(mail["Reply-To"]))
    assert desk.conversation_of("Order", 4) == conversation

    def statuses() -> list[str]:
        messages = desk.get(f"/conversations/{conversation}/messages")["items"]
        return sorted(message["status"] for message in messages)

    wait_until(lambda: not {"queued", "sending"} & set(statuses()))
    assert statuses() == ["received", "received", "received", "sent"]


def test_what_was_answered_outlives_a_kill_and_the_port_stays_open(desk: Desk) -> None:
    for number in range(3):
        desk.send(f"Kill {number}")
        (child,) = desk.running.children("smtp")
        child.kill()
        child.wait(PATIENCE_SECONDS)
    desk.send("After the kills")
    for subject in ("Kill 0", "Kill 1", "Kill 2", "After the kills"):
        desk.conversation_of(subject, 1)


def test_it_is_replaced_with_the_others_and_nobody_is_refused_for_good(desk: Desk) -> None:
    (before,) = desk.running.children("smtp")
    begun = desk.send("Replaced")
    desk.running.process.send_signal(signal.SIGHUP)
    mails = 1
    while before.is_running():
        desk.send("Replaced", References=str(begun["Message-ID"]))
        mails += 1
    desk.send("Replaced", References=str(begun["Message-ID"]))
    desk.conversation_of("Replaced", mails + 1)


def test_it_counts_what_it_takes(desk: Desk) -> None:
    desk.send("Counted")

    def is_shown() -> bool:
        place = f"http://127.0.0.1:{desk.ports('smtp_metrics_shown')[-1]}/metrics"
        try:
            page = httpx.get(place, timeout=PATIENCE_SECONDS).text
        except httpx.TransportError:  # of one that is gone
            return False
        return 'smtp_mails_total{result="accepted"}' in page

    wait_until(is_shown)


def test_the_log_names_nobody(desk: Desk) -> None:
    with smtplib.SMTP("127.0.0.1", desk.port, timeout=PATIENCE_SECONDS) as client:
        client.ehlo("planted.example.net")
        client.docmd("MAIL", "FROM:<planted@example.net>")
        client.docmd("RCPT", "TO:<planted@example.com>")
        client.docmd("PLANTED", "planted")
    log = desk.running.log.read_text()
    for planted in ("planted", _ANN, _OWN, "bleibt", "Order"):
        assert planted not in log
    assert "Traceback" not in log


def test_where_to_listen_has_to_be_said(tmp_path: Path) -> None:
    done = subprocess.run(
        [*PROGRAM, "smtp"], cwd=tmp_path, env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "SMTP_LISTEN" in done.stderr
    wrong = environment() | {"SMTP_LISTEN": "25"}
    done = subprocess.run(
        [*PROGRAM, "smtp"], cwd=tmp_path, env=wrong, capture_output=True, text=True
    )
    assert "SMTP_LISTEN must be HOST:PORT" in done.stderr


def test_a_certificate_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    settings = environment() | {
        "SMTP_LISTEN": "127.0.0.1:0",
        "SMTP_CERTIFICATE": str(tmp_path / "none.pem"),
    }
    done = subprocess.run(
        [*PROGRAM, "smtp"], cwd=tmp_path, env=settings, capture_output=True, text=True
    )  # fmt: skip
    assert done.returncode == 1
    assert "SMTP_CERTIFICATE" in done.stderr
    assert "Traceback" not in done.stderr

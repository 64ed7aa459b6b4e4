"""What `inlet up` prints when everything answers: where to look, and two commands to paste."""

import shlex
import sys
from dataclasses import dataclass

import msgspec
from rich.console import Console
from rich.text import Text

from app.clock import utc_now
from app.ids import new_id
from app.keys import admin_key_path
from app.settings import Settings
from domain.channel import Channel
from domain.webhook_url import webhook_url

_SENDER = "+14155550123"
_LABELS = {"sms": "SMS webhook", "email": "Email webhook"}
_LABEL_WIDTH = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """What there is to say."""

    settings: Settings
    key: str
    channels: list[Channel]
    is_demo: bool = False


def print_welcome(welcome: Welcome) -> None:
    """Write it to stdout; without colours and without the key where that is no terminal.

    What is no terminal is kept: in a log, which others read.
    """
    settings = welcome.settings
    console = Console(highlight=False, soft_wrap=True)
    shows_key = sys.stdout.isatty()
    console.print()
    console.print(Text("Inlet is running. Ctrl-C stops it.", style="bold green"))
    console.print()
    _fact(console, "Inbox", f"{settings.web_url}/inbox")
    _fact(console, "Log in with", welcome.key if shows_key else _place_of_key(settings))
    _fact(console, "API", f"{settings.web_url}/api")
    for channel in welcome.channels:
        _fact(console, _LABELS[channel.kind], webhook_url(settings.web_url, channel))
    if welcome.channels:
        _fact(console, "", "The demo channels check no signatures.")
    else:
        _fact(console, "Channels", "inlet channel add makes one and prints its webhook URL.")
    if welcome.is_demo:
        _fact(console, "Demo", "People write every few seconds, and answer what you send them.")
    console.print()
    for channel in welcome.channels:
        if channel.kind == "sms":
            console.print(Text("Send a first SMS:", style="bold"))
            console.print(Text(first_sms_command(settings, channel)))
            console.print()
    console.print(Text("See the conversation:", style="bold"))
    console.print(Text(list_command(settings, welcome.key if shows_key else None)))
    console.print()


def first_sms_command(settings: Settings, channel: Channel) -> str:
    """Write a command that delivers one SMS, a new one every time it is printed."""
    sms = {
        "from": _SENDER,
        "to": channel.own_address,
        "type": "sms",
        "provider_message_id": f"hello-{new_id()[-12:]}",
        "body": "Hello, Inlet!",
        "attachments": None,
        "timestamp": utc_now().strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    url = webhook_url(settings.local_url, channel)
    body = shlex.quote(msgspec.json.encode(sms).decode())
    return f"curl {url} \\\n  -H 'Content-Type: application/json' \\\n  -d {body}"


def list_command(settings: Settings, key: str | None) -> str:
    """Write a command that lists the conversations; without the key it says where that is."""
    header = shlex.quote(f"Authorization: Bearer {key}") if key else _header_with_kept_key(settings)
    return f"curl {settings.local_url}/api/conversations \\\n  -H {header}"


def _place_of_key(settings: Settings) -> str:
    if settings.inlet_admin_key:
        return "the key that INLET_ADMIN_KEY sets"
    return f"the key in {admin_key_path(settings)}"


def _header_with_kept_key(settings: Settings) -> str:
    if settings.inlet_admin_key:
        return '"Authorization: Bearer $INLET_ADMIN_KEY"'
    return f'"Authorization: Bearer $(cat {shlex.quote(str(admin_key_path(settings)))})"'


def _fact(console: Console, label: str, value: str) -> None:
    console.print(Text.assemble((f"  {label:<{_LABEL_WIDTH}}", "cyan"), value))

"""`inlet channel set --reply-addresses`: a key is made once, kept, and taken away."""

from collections.abc import Callable
from typing import Any

from command_line import Inlet, refused
from conftest import OpenConnection
from flows import values

_MAIL = (
    "channel", "add", "--provider", "postmark", "--kind", "email",
    "--address", "help@example.com", "--name", "help",
)  # fmt: skip
_TEXTS = (
    "channel", "add", "--provider", "generic", "--kind", "sms",
    "--address", "+14155550199", "--name", "texts",
)  # fmt: skip


async def _key(open_connection: OpenConnection) -> object:
    async with open_connection() as conn:
        [key] = await values(conn, b"SELECT reply_key FROM channels")
        return key


def test_a_channel_of_mail_may_have_reply_addresses(
    inlet: Inlet, run: Callable[..., Any], open_connection: OpenConnection
) -> None:
    assert inlet(*_MAIL, "--json").json["reply_addresses"] is False
    assert run(_key, open_connection) is None
    changed = inlet("channel", "set", "help", "--reply-addresses", "--json")
    assert changed.json["reply_addresses"] is True
    key = run(_key, open_connection)
    assert key
    inlet("channel", "set", "help", "--rate", "2")
    inlet("channel", "set", "help", "--reply-addresses")
    assert run(_key, open_connection) == key
    assert inlet("channel", "show", "help", "--json").json["reply_addresses"] is True
    inlet("channel", "set", "help", "--no-reply-addresses")
    assert run(_key, open_connection) is None


def test_a_channel_begins_with_them_if_it_is_added_so(
    inlet: Inlet, run: Callable[..., Any], open_connection: OpenConnection
) -> None:
    assert inlet(*_MAIL, "--reply-addresses", "--json").json["reply_addresses"] is True
    assert run(_key, open_connection)


def test_a_channel_of_texts_has_none(inlet: Inlet) -> None:
    inlet(*_TEXTS)
    refused(inlet("channel", "set", "texts", "--reply-addresses"), "channels of kind email")

"""`inlet channel disable|enable|rotate-token`: what they print, and what is so afterwards."""

from collections.abc import Callable
from typing import Any

import pytest
from command_line import Inlet, refused
from conftest import OpenConnection
from flows import values

from domain.channel import Channel
from store.channels import find_channel

_ADD = ("--provider", "generic", "--kind", "sms", "--name", "texts", "--address", "4155550190")
_AUDITED = b"SELECT action || coalesce(nullif(detail::text, '{}'), '') FROM audit ORDER BY id"


async def _channel(open_connection: OpenConnection) -> Channel:
    async with open_connection() as conn:
        stored = await find_channel(conn, 1, "texts")
    assert stored is not None
    return stored.channel


async def _actions(open_connection: OpenConnection) -> list[str]:
    async with open_connection() as conn:
        return list(map(str, await values(conn, _AUDITED)))[1:]


def test_a_channel_is_switched_off_and_on_again(
    inlet: Inlet, open_connection: OpenConnection, run: Callable[..., Any]
) -> None:
    assert inlet("channel", "add", *_ADD).code == 0
    for _ in range(2):
        assert "503" in inlet("channel", "disable", "texts").out
        assert run(_channel, open_connection).is_disabled
    shown = inlet("channel", "show", "texts", "--json").json
    assert shown["disabled_at"] is not None
    assert shown["cannot_send"] == "it is switched off"
    assert inlet("channel", "enable", "texts", "--json").json["disabled_at"] is None
    assert inlet("channel", "enable", "texts").code == 0
    assert not run(_channel, open_connection).is_disabled
    assert run(_actions, open_connection) == ["channel.disabled", "channel.enabled"]


def test_a_channel_gets_another_url(
    inlet: Inlet, open_connection: OpenConnection, run: Callable[..., Any]
) -> None:
    before = inlet("channel", "add", *_ADD, "--json").json["webhook_url"]
    first = inlet("channel", "rotate-token", "texts", "--json").json["webhook_url"]
    second = inlet("channel", "rotate-token", "texts").out
    token = run(_channel, open_connection).token
    assert f"https://inlet.example/webhooks/generic/{token}" in second
    assert len({before, first, second.split()[3]}) == 3
    audited = run(_actions, open_connection)
    assert audited == ["channel.token_rotated"] * 2


@pytest.mark.parametrize("command", ["disable", "enable", "rotate-token"])
def test_an_unknown_channel_is_named_as_such(inlet: Inlet, command: str) -> None:
    refused(inlet("channel", command, "nobody"), "no channel has this name or id")

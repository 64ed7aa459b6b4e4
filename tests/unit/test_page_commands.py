"""The commands that the page tells people to run are ones that the program has."""

import re
import shlex
from html import unescape
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from app.cli import command_line

_TEMPLATES = Path(__file__).parents[2] / "inbox" / "page" / "templates"
_COMMAND = re.compile(r"<code>(inlet [^<]+)</code>")
_COMMANDS = [
    command
    for path in sorted(_TEMPLATES.glob("*.html"))
    for command in _COMMAND.findall(path.read_text(encoding="utf-8"))
]


def test_there_are_some() -> None:
    assert len(_COMMANDS) >= 3


@pytest.mark.parametrize("command", _COMMANDS)
def test_a_command_is_understood(command: str) -> None:
    _, *words = shlex.split(unescape(command).replace("\\\n", ""))
    is_whole = any(word.startswith("-") or word.islower() for word in words[2:])
    group = typer.main.get_command(command_line(words))
    context = group.make_context("inlet", words)
    while isinstance(group, TyperGroup):
        name, group, words = group.resolve_command(context, words)
        assert group is not None
        if is_whole or isinstance(group, TyperGroup):
            context = group.make_context(name, words, parent=context)

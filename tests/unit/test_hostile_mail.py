"""Mails that were written to take long are read in the time that others take."""

from time import thread_time

import pytest

from bench.hostile_mail import HOSTILE_MAIL
from bench.hostile_steps import STEPS
from bench.hostile_text import HOSTILE_TEXT

_LENGTH = 100 * 1024
_MOST_SECONDS = 0.2


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        *(("read a mail", kind) for kind in HOSTILE_MAIL),
        *(("tell a reply from history", kind) for kind in HOSTILE_TEXT),
    ],
)
def test_no_mail_of_a_hundred_kilobytes_takes_long(step: str, kind: str) -> None:
    text = STEPS[step].kinds[kind](_LENGTH)
    assert len(text) > _LENGTH // 2

    def seconds() -> float:
        began = thread_time()
        STEPS[step].run(text)
        return thread_time() - began

    assert min(seconds() for _ in range(2)) < _MOST_SECONDS

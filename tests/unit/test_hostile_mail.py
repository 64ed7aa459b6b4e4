"""Mails that were written to take long are read in the time that others take."""

from time import thread_time

import pytest

from bench.hostile_steps import STEPS

_LENGTH = 100 * 1024
_MOST_SECONDS = 0.2


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (step, kind)
        for step in ("read a mail", "tell a reply from history")
        for kind in STEPS[step].kinds
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

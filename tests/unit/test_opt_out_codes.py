"""By which codes providers say that a text is refused since its recipient has opted out."""

import pytest

from domain.error_words import ErrorWords
from providers import telnyx
from providers.parts import (
    bandwidth_words,
    messagebird_words,
    plivo_words,
    telnyx_words,
    vonage_words,
)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        # https://developers.telnyx.com/docs/messaging/messages/advanced-opt-in-out
        (telnyx_words.WORDS, "40300"),
        # https://support.plivo.com/support/solutions/articles/17000089602
        (plivo_words.WORDS, "200"),
        # https://dev.bandwidth.com/docs/messaging/errors
        (bandwidth_words.WORDS, "4775"),
        # https://developer.vonage.com/en/opt-out-assist/guides/messaging-opted-out-numbers
        (vonage_words.WORDS, "9"),
        # https://docs.bird.com/api/channels-api/message-status-and-interactions
        (messagebird_words.WORDS, "103"),
    ],
)
def test_each_code_is_one_that_is_explained(words: ErrorWords, code: str) -> None:
    assert words.opt_outs == {code}
    assert code in words.reasons
    refused = words.refused(400, {}, code)
    assert refused == words.failed(code)
    assert words.failed(code).is_opt_out
    assert not words.failed("1").is_opt_out


def test_telnyx_refuses_by_an_error() -> None:
    body = b'{"errors": [{"code": "40300", "title": "Blocked due to STOP message"}]}'
    assert telnyx.read_answer(403, {}, body) == telnyx_words.WORDS.failed("40300")

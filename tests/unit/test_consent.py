"""Which texts are an opt-out or an opt-in: a keyword, and nothing else."""

import pytest

from domain.consent import keyword_consent, told_consent

# 47 CFR 64.1200(a)(10), and what Twilio and Telnyx take for one by default.
_OPT_OUTS = [
    "STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT",
    "OPT OUT",
]  # fmt: skip


@pytest.mark.parametrize("word", _OPT_OUTS)
def test_each_keyword_alone_opts_out(word: str) -> None:
    for written in (word, word.lower(), f"  {word.title()}.\n", f"“{word}!”", f"\ufeff{word}"):
        assert keyword_consent(written, "US") == "opt_out", written


@pytest.mark.parametrize("written", ["START", "unstop", " Start! "])
def test_each_keyword_alone_opts_in(written: str) -> None:
    assert keyword_consent(written, "US") == "opt_in"


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "...",
        "STOP PLEASE",
        "please stop",
        "When does it end?",
        "Can I cancel?",
        "stop1",
        "stopped",
        "Start over",
        "HELP",
        "INFO",
        "YES",
        "STOP " * 20,
        "S T O P",
        "👍",
    ],
)
def test_whatever_else_is_written_is_neither(written: str) -> None:
    assert keyword_consent(written, "US") is None


def test_wide_letters_are_letters() -> None:
    assert keyword_consent("ＳＴＯＰ", "US") == "opt_out"


@pytest.mark.parametrize("written", ["ARRET", "arrete", "Arrêt", "ARRE\u0302T", "Arrêté", "ARRETT"])
def test_french_counts_in_canada(written: str) -> None:
    """https://www.twilio.com/docs/proxy/opt-out-keywords"""
    assert keyword_consent(written, "CA") == "opt_out"
    assert keyword_consent(written, "US") is None
    assert keyword_consent("STOP", "CA") == "opt_out"


@pytest.mark.parametrize(
    ("word", "consent"),
    [
        ("STOP", "opt_out"), ("START", "opt_in"), ("HELP", None), ("optout", "opt_out"),
        ("optin", "opt_in"), ("help", None), ("", None), (None, None), (7, None),
    ],
)  # fmt: skip
def test_a_provider_says_so_itself(word: object, consent: str | None) -> None:
    assert told_consent(word) == consent

"""Which texts are an opt-out, an opt-in or a call for help: a keyword, and nothing else."""

import pytest

from domain.consent import ToldConsent, consent_of, keyword_consent, told_consent

# 47 CFR 64.1200(a)(10), and what Twilio and Telnyx take for one by default.
_OPT_OUTS = [
    "STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT",
    "OPT OUT",
]  # fmt: skip


def consent(written: str, region: str = "US") -> str | None:
    found = keyword_consent(written, region)
    return found.consent if found else None


def told(meaning: str, word: str) -> ToldConsent:
    found = told_consent(word)
    assert found is not None
    assert found.consent == meaning
    return found


@pytest.mark.parametrize("word", _OPT_OUTS)
def test_each_keyword_alone_opts_out(word: str) -> None:
    for written in (word, word.lower(), f"  {word.title()}.\n", f"“{word}!”", f"\ufeff{word}"):
        found = keyword_consent(written, "US")
        assert found == ToldConsent(consent="opt_out", source="keyword", word=word.lower())


@pytest.mark.parametrize("written", ["START", "unstop", " Start! ", "YES", "Yes."])
def test_each_keyword_alone_opts_in(written: str) -> None:
    assert consent(written) == "opt_in"


@pytest.mark.parametrize("written", ["HELP", "info", "Help!!"])
def test_each_keyword_alone_asks_for_help(written: str) -> None:
    assert consent(written) == "help"


@pytest.mark.parametrize(
    "written",
    [
        "ＳＴＯＰ",  # wide letters
        "\u00a0STOP\u00a0",
        "STOP\u00a0ALL",
        "ST\u200bOP",
        "\u2060stop\u200d",
        "STOP\u00ad",
        "Stop.",
        "STOP!!!",
        "“STOP”",
        "'stop'",
        "«Stop»",
        "(stop)",
        "*STOP*",
        "_STOP_",
        "STOP 🛑",
        "🛑STOP🛑",
        "Stop 🙏🏽",
        "stop ❤️",
        "opt-out",
        "Opt_Out",
        "stop-all",
        "STOP\r\n",
        "st\u00f3p",
        "𝐒𝐓𝐎𝐏",
    ],
)
def test_what_only_looks_different_is_the_keyword(written: str) -> None:
    assert consent(written) == "opt_out"


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
        "1 stop",
        "stopped",
        "Start over",
        "yes please",
        "help me",
        "STOP " * 20,
        "S T O P",
        "STOP STOP",
        "stop?",
        "Cancel?",
        "ＥＮＤ？",
        "👍",
        "🛑",
        "SТОР",  # two letters are Cyrillic
    ],
)
def test_whatever_else_is_written_is_neither(written: str) -> None:
    assert consent(written) is None


@pytest.mark.parametrize("written", ["ARRET", "arrete", "Arrêt", "ARRE\u0302T", "Arrêté", "ARRETT"])
def test_french_counts_in_canada(written: str) -> None:
    """https://www.twilio.com/docs/proxy/opt-out-keywords"""
    assert consent(written, "CA") == "opt_out"
    assert consent(written, "US") is None
    assert consent("STOP", "CA") == "opt_out"


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("STOP", "opt_out"), ("START", "opt_in"), ("HELP", "help"), ("optout", "opt_out"),
        ("optin", "opt_in"), ("help", "help"), ("", None), (None, None), (7, None), ("NONE", None),
    ],
)  # fmt: skip
def test_a_provider_says_so_itself(word: object, meaning: str | None) -> None:
    found = told_consent(word)
    assert (found and (found.consent, found.source, found.word)) == (
        (meaning, "signal", str(word).lower()) if meaning else None
    )


@pytest.mark.parametrize(
    ("written", "signal", "expected"),
    [
        ("Stop it now", told("opt_out", "STOP"), ("opt_out", "signal", "stop")),
        ("STOPALL", told("opt_out", "STOP"), ("opt_out", "signal", "stop")),
        ("END", told("help", "HELP"), ("opt_out", "keyword", "end")),
        ("Yes", told("opt_in", "START"), ("opt_in", "keyword", "yes")),
        ("Yes", None, ("opt_in", "keyword", "yes")),
        ("join", told("opt_in", "START"), ("opt_in", "signal", "start")),
        ("Hello", None, None),
    ],
)
def test_what_a_provider_says_counts_beside_the_keyword(
    written: str, signal: ToldConsent | None, expected: tuple[str, str, str] | None
) -> None:
    found = consent_of(written, signal, "US")
    assert (found and (found.consent, found.source, found.word)) == expected

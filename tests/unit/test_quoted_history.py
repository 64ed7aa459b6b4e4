"""What somebody wrote, told from what is quoted below it (email-providers.md section 9)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.quoted_history import split_reply
from domain.quoted_words import LABELS, ORIGINAL

# What mail programs write in their languages above what they quote.
ATTRIBUTIONS = (
    "On Mon, Jan 1, 2024 at 10:00 AM Ann Ruiz <ann@x.test> wrote:",
    "On 1 Jan 2024, at 10:00, Ann wrote:",
    "On Mon, Jan 1, 2024 at 10:00 AM Ann With Many Names <\nann@x.test> wrote:",
    "Am Mo., 1. Jan. 2024 um 10:00 Uhr schrieb Ann <ann@x.test>:",
    "Am 01.01.24 um 10:00 schrieb Ann:",
    "Le lun. 1 janv. 2024 à 10:00, Ann <ann@x.test> a\nécrit :",
    "Le 1 janvier 2024 à 10:00, Ann a\xa0écrit\xa0:",
    "El lun, 1 ene 2024 a las 10:00, Ann (<ann@x.test>) escribió:",
    "Il giorno lun 1 gen 2024 alle ore 10:00 Ann <ann@x.test> ha scritto:",
    "Em seg., 1 de jan. de 2024 às 10:00, Ann <ann@x.test> escreveu:",
    "Op ma 1 jan 2024 om 10:00 schreef Ann <ann@x.test>:",
    "pon., 1 sty 2024 o 10:00 Ann <ann@x.test> napisał(a):",
    "po 1. 1. 2024 v 10:00 odesílatel Ann <ann@x.test> napsal:",
    "Den mån 1 jan. 2024 kl 10:00 skrev Ann <ann@x.test>:",
    "Den man. 1. jan. 2024 kl. 10.00 skrev Ann <ann@x.test>:",
    "man. 1. jan. 2024 kl. 10:00 skrev Ann <ann@x.test>:",
    "ma 1. tammik. 2024 klo 10.00 Ann (ann@x.test) kirjoitti:",
    "Ann <ann@x.test>, 1 Oca 2024 Pzt, 10:00 tarihinde şunu yazdı:",
    "пн, 1 янв. 2024 г. в 10:00, Ann <ann@x.test>:",
    "1 января 2024, 10:00 Ann <ann@x.test> написал:",
    "2024年1月1日(月) 10:00 Ann <ann@x.test>:",
    "Ann <ann@x.test> 于2024年1月1日周一 10:00写道：",
    "2024년 1월 1일 (월) 오전 10:00, Ann <ann@x.test>님이 작성:",
)
HEADS = (
    "From: Ann <ann@x.test>\nSent: Monday\nTo: Ben\nSubject: Re: Order",
    "*From:* Ann\n*Date:* Monday\n*To:* Ben",
    "Von: Ann <ann@x.test>\nGesendet: Montag\nAn: Ben\nBetreff: AW: Order",
    "De : Ann <ann@x.test>\nEnvoyé : lundi\nÀ : Ben\nObjet : RE: Order",
    "De: Ann\nEnviado el: lunes\nPara: Ben\nAsunto: RE: Order",
    "Da: Ann\nInviato: lunedì\nA: Ben\nOggetto: R: Order",
    "Van: Ann\nVerzonden: maandag\nAan: Ben\nOnderwerp: RE: Order",
    "Od: Ann\nWysłano: poniedziałek\nDo: Ben\nTemat: Odp: Order",
    "Från: Ann\nSkickat: måndag\nTill: Ben\nÄmne: SV: Order",
    "От: Ann\nОтправлено: понедельник\nКому: Ben\nТема: RE: Order",
    "差出人: Ann\n送信日時: 2024年1月1日\n宛先: Ben\n件名: RE: Order",
    "发件人：Ann\n发送时间：2024年1月1日\n收件人：Ben\n主题：RE: Order",
    "보낸 사람: Ann\n보낸 날짜: 2024년 1월 1일\n받는 사람: Ben\n제목: RE: Order",
)


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_an_attribution_begins_what_is_quoted_to_the_end(attribution: str, line_end: str) -> None:
    reply, history = "Yes, both.\n\n", f"{attribution}\n\n> Shall we?\n>> Or not?\n\n"
    parts = split_reply((reply + history).replace("\n", line_end))
    assert parts.reply == reply.replace("\n", line_end)
    assert parts.history == history.replace("\n", line_end)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("rule", ["", "________________________________\n", "-----\n\n"])
def test_a_head_begins_an_older_mail(head: str, rule: str) -> None:
    history = f"{rule}{head}\n\nShall we?\n"
    parts = split_reply(f"Yes, both.\n\n{history}")
    assert (parts.reply, parts.history) == ("Yes, both.\n\n", history)


@pytest.mark.parametrize("words", ORIGINAL)
def test_a_rule_with_words_begins_an_older_mail(words: str) -> None:
    history = f"-----{words.title()}-----\nShall we?"
    assert split_reply(f"Yes.\n{history}").history == history


@pytest.mark.parametrize(
    ("reply", "signature", "history"),
    [
        ("Yes.\n\n", "", "On Mon, Ann wrote:\n> Shall we?\n"),
        ("Yes.\n", "", "> Shall we?"),
        ("Yes.\n", "-- \nBen\n\n", "On Mon, Ann wrote:\n> Shall we?"),
        ("Yes.\n", "--\nBen\n", ""),
        ("Yes.\n\n", "", "On Mon, Ann wrote:\n> Shall we?\n\n-- \nBen\n"),
        ("Yes.\n", "", "> Shall we?\n\n____________________\nlist mailing list\nlist@x.test\n"),
        ("> Shall we?\nYes.\n\n", "", "> And this?\n"),
        # Not quoted, but an address says that a program wrote the line above it.
        ("Yes.\n\n", "", "On 1/1/24, 10:00, Ann <ann@x.test> wrote:\n\n    Shall we?\n"),
        # Answers between or below quotes, and what only looks like an attribution.
        ("> Shall we?\nYes.", "", ""),
        ("On Mon, Ann wrote:\n> Shall we?\n\nYes.\n", "-- \nBen", ""),
        ("On 1 Jan 2024 Ann\n<ann@x.test> wrote:\n> Shall we?\nYes.\n> And?\nNo.", "", ""),
        ("As Ann wrote:\nshall we? I think so.", "", ""),
        ("From: where I stand\nit looks fine.", "", ""),
        ("a -- b\n------\nc", "", ""),
        # Nothing was written, or what was written is what somebody forwards.
        ("> Shall we?", "", ""),
        ("On 1 Jan 2024 Ann\n<ann@x.test> wrote:\n> Shall we?\n", "", ""),
        ("-- \nBen", "", ""),
        ("From: Ann\nSent: Monday\nTo: Ben\n\nShall we?", "", ""),
        ("See.\n\n---------- Forwarded message ---------\nFrom: Ann\nDate: x\nTo: y\n\nHi", "", ""),
        ("See.\n\nBegin forwarded message:\n\nFrom: Ann\nDate: x\nTo: y\n\nHi", "", ""),
        ("\n \n", "", ""),
        ("", "", ""),
    ],
)
def test_a_text_is_cut_in_three(reply: str, signature: str, history: str) -> None:
    parts = split_reply(reply + signature + history)
    assert (parts.reply, parts.signature, parts.history) == (reply, signature, history)


@pytest.mark.parametrize(
    ("text", "stripped", "reply"),
    [
        ("Yes.\nAnn said: shall we?", "Yes.", "Yes."),
        ("\n Yes.\nAnn said: shall we?", "Yes.\n", "\n Yes."),
        ("Yes.\nAnn said: shall we?", "No.", "Yes.\nAnn said: shall we?"),
        ("Yes.\nAnn said: shall we?", " ", "Yes.\nAnn said: shall we?"),
        ("Yes.\nSurely.\n> Shall we?", "Yes.", "Yes.\nSurely.\n"),
    ],
)
def test_what_a_provider_takes_for_the_reply_is_a_hint(
    text: str, stripped: str, reply: str
) -> None:
    parts = split_reply(text, stripped)
    assert parts.reply == reply
    assert parts.reply + parts.signature + parts.history == text


_LINES = st.sampled_from(
    (*ATTRIBUTIONS, *HEADS, *LABELS, "> a", ">", "", " ", "--", "-- ", "text", "_" * 30, ":", "：")
)


@given(st.lists(_LINES, max_size=12), st.sampled_from(["\n", "\r\n", "\r", "\u2028"]))
def test_nothing_is_lost_and_something_is_always_shown(lines: list[str], line_end: str) -> None:
    text = line_end.join(lines)
    parts = split_reply(text)
    assert parts.reply + parts.signature + parts.history == text
    assert parts.reply.strip() or not (parts.signature or parts.history)

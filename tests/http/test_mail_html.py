"""HTML mail made safe to show: it keeps words and looks, and nothing that acts or fetches."""

import pytest
from hostile_mail import HOSTILE_MAIL
from page_house import tags_of

from domain.mail_html import clean_mail


def test_it_keeps_its_words_and_nothing_that_acts() -> None:
    cleaned = clean_mail(HOSTILE_MAIL).html
    assert "Hello" in cleaned
    assert "<b>there</b>" in cleaned
    assert "color:red" in cleaned
    for word in (
        "alert", "javascript:", "evil.test", "spy.test", "position", "url(", "<form", "<input",
        "<iframe", "<object", "<base", "<meta", "<svg", "<style", "<video", "onclick", "_top",
    ):  # fmt: skip
        assert word not in cleaned
    for link in tags_of(cleaned, "a"):
        assert link["target"] == "_blank"
        assert {"noopener", "noreferrer"} <= set((link["rel"] or "").split())


@pytest.mark.parametrize(
    "image",
    [
        '<img src="https://spy.test/a">',
        "<IMG SRC = ' HTTPS://spy.test/a '>",
        "<img src=&#104;ttps&colon;//spy.test/a>",
        '<img src="ht\ntps:/\t/spy.test/a">',
        '<img alt=">" src="https://spy.test/a">',
        "<img/src=https://spy.test/a>",
        '<image src="https://spy.test/a">',
        '<img src="//spy.test/a">',
        "<img src='http://spy.test/a'>",
        '<p><!-- <img> --><img\nsrc\n=\n"https://spy.test/a"',
    ],
)
def test_a_remote_image_is_found_however_it_is_spelled(image: str) -> None:
    mail = clean_mail(f"{image}>text")
    assert "spy.test" not in mail.html
    assert mail.html_with_images is not None
    [shown] = tags_of(mail.html_with_images, "img")
    assert shown["src"] == "https://spy.test/a"


@pytest.mark.parametrize(
    "html",
    [
        '<img src="data:image/png;base64,AAAA">',
        '<img src="data:image/svg+xml,<svg/onload=alert(1)>">',
        '<img src="/inbox">',
        '<img src="cid:logo">',
        '<!-- <img src="https://spy.test/a"> -->',
        '<style>p { background: url("https://spy.test/a") }</style>',
        '&lt;img src="https://spy.test/a"&gt;',
    ],
)
def test_what_is_not_remote_is_no_remote_image(html: str) -> None:
    assert clean_mail(html).html_with_images is None


@pytest.mark.parametrize(
    "declaration",
    [
        "background: url(https://spy.test/a)",
        "background-image: URL('https://spy.test/a')",
        "background-color: \\75rl(https://spy.test/a)",
        "background-color: u\\72 l(https://spy.test/a)",
        "background: image-set('https://spy.test/a' 1x)",
        "background-color: -webkit-image-set(url(https://spy.test/a) 1x)",
        "border: 1px solid; border-image: url(https://spy.test/a)",
        "list-style: url(https://spy.test/a)",
        "background: cross-fade(url(https://spy.test/a), red)",
        "width: src('https://spy.test/a')",
        "background: url(data:image/png;base64,AAAA)",
        "color: \\d800 \\110000 \\0 url(https://spy.test/a)",
    ],
)
def test_no_style_fetches_anything_and_the_rest_of_it_stays(declaration: str) -> None:
    for style in (f"color: red; {declaration}", f"{declaration}; color: red"):
        cleaned = clean_mail(f'<p style="{style}">text</p>').html
        assert "color:red" in cleaned
        for word in ("url", "image", "src", "spy.test", "data:"):
            assert word not in cleaned.lower()

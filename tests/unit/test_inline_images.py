"""Images that came with a mail are shown where its HTML names them, and nothing else is."""

from base64 import b64encode
from time import process_time

import pytest

from domain.inline_images import content_ids_in, image_type, with_images
from domain.mail_html import clean_mail

PNG = b"\x89PNG\r\n\x1a\n rest"
_PNG_URL = f"data:image/png;base64,{b64encode(PNG).decode()}"


@pytest.mark.parametrize(
    "image",
    [
        '<img src="cid:logo@mail">',
        "<IMG alt='a \"logo\" > b' SRC='CID:logo@mail' width=10>",
        '<img src=" cid:logo%40mail ">',
        '<p><img title="&lt;img src=&quot;x&quot;&gt;" src="cid:logo@mail"></p>',
    ],
)
def test_an_image_of_the_mail_is_put_in_its_place(image: str) -> None:
    html = clean_mail(image).html
    assert content_ids_in(html) == ["logo@mail"]
    assert f'src="{_PNG_URL}"' in with_images(html, {"logo@mail": PNG})
    assert "cid:" not in with_images(html, {}).lower()


@pytest.mark.parametrize(
    "html",
    [
        '<a href="cid:logo@mail">x</a>',
        'text that says <b>src="cid:logo@mail"</b>',
        '&lt;img src="cid:logo@mail"&gt;',
        '<p style="background: url(cid:logo@mail)">x</p>',
        '<img src="https://spy.test/a" alt="cid:logo@mail">',
    ],
)
def test_nothing_else_is_an_image_of_the_mail(html: str) -> None:
    shown = clean_mail(html).html
    assert content_ids_in(shown) == []
    assert with_images(shown, {"logo@mail": PNG}) == shown


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"BM" + bytes(12), "image/bmp"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", None),
        (b"<script>alert(1)</script>", None),
        (b"%PDF-1.7", None),
        (b"", None),
    ],
)
def test_only_images_that_hold_no_script_are_shown(content: bytes, kind: str | None) -> None:
    assert image_type(content) == kind
    shown = with_images(clean_mail('<img src="cid:a">').html, {"a": content})
    assert ("data:" in shown) == (kind is not None)


def test_putting_images_takes_time_in_the_length_of_the_mail() -> None:
    def seconds(times: int) -> float:
        html = '<img alt="a" title="b" ' * times + '<img src="cid:a">' * times
        began = process_time()
        with_images(html, {"a": PNG})
        return process_time() - began

    seconds(1_000)
    assert seconds(40_000) < 2.2 * 2 * max(seconds(20_000), 0.005)

"""A mail taken apart: parameters, boundaries, and what lies beyond depth and number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.mime.parameters import parse_parameters
from domain.mime.part import DEEPEST, MOST_PARTS, Part, parse_mail
from tests.mails import a_mail, a_multipart


def _outline(part: Part) -> object:
    """Show types and contents alone."""
    return [part.content_type, *map(_outline, part.parts)] if part.parts else part.content


@pytest.mark.parametrize(
    ("field", "value", "parameters"),
    [
        ("text/plain; charset=utf-8", "text/plain", {"charset": "utf-8"}),
        (
            'TEXT/HTML;charset="utf-8";Format=flowed',
            "text/html",
            {"charset": "utf-8", "format": "flowed"},
        ),
        (
            'attachment; filename="a;b\\"c.pdf"; size=3',
            "attachment",
            {"filename": 'a;b"c.pdf', "size": "3"},
        ),
        # RFC 2231, alone, in sections, and before a plain value whatever the order
        (
            "attachment; filename*=UTF-8''%e2%82%ac%20rates.txt; filename=x",
            "attachment",
            {"filename": "€ rates.txt"},
        ),
        (
            "a; filename*1*=%BC.txt; filename*0*=utf-8'de'%C3; filename*2=\"!\"",
            "a",
            {"filename": "ü.txt!"},
        ),
        ("a; filename*=iso-8859-1'en'%A3", "a", {"filename": "£"}),
        ("a; filename*=a%20b", "a", {"filename": "a b"}),
        ("a; filename*=utf-8''; filename=b", "a", {"filename": "b"}),
        # What is not written as it should be
        ("attachment; filename=my file.pdf", "attachment", {"filename": "my file.pdf"}),
        ('a; filename="unclosed; size=4', "a", {"filename": "unclosed", "size": "4"}),
        ('filename="x.pdf"', "", {"filename": "x.pdf"}),
        ("attachment; filename", "attachment", {}),
        ("; a=b; ;;=; c = d; a=e", "", {"a": "b", "c": "d"}),
        ('a; b="C:\\dir\\x.pdf"', "a", {"b": "C:\\dir\\x.pdf"}),
        ("text/plain; name*", "text/plain", {}),  # python/cpython issue 151857
        ("a; *=b; n*=", "a", {"*": "b"}),
    ],
)
def test_a_field_is_taken_apart(field: str, value: str, parameters: dict[str, str]) -> None:
    assert parse_parameters(field) == (value, parameters)


@given(st.text(alphabet="ab=;\"\\'*01%C3 \té", max_size=60))
def test_no_field_is_too_odd(field: str) -> None:
    value, parameters = parse_parameters(field)
    assert value == value.strip().lower()
    assert all(name and "=" not in name for name in parameters)


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_parts_lie_between_boundaries_whatever_ends_a_line(line_end: bytes) -> None:
    inner = a_multipart(
        "alternative", [b"\none", a_mail("text/html", "two\n")], boundary="=_b inner"
    )
    mail = a_multipart("mixed", [inner, a_mail("text/plain", "three")], "From: a@x.test")
    parsed = parse_mail(mail.replace(b"\n", line_end))
    end = b"\n" if line_end == b"\r" else line_end
    expected = ["multipart/mixed", ["multipart/alternative", b"one", b"two" + end], b"three"]
    assert _outline(parsed) == expected


@pytest.mark.parametrize(
    ("mail", "outline"),
    [
        (b"", b""),
        (b"\n\n\nFrom: a@x.test\n\nhello", b"hello"),
        (b"just text\nwithout a field", b"just text\nwithout a field"),
        (b"From x@y Fri Nov  1\nSubject: s\n\nhello", b"hello"),
        (b"Subject: s\nno blank line\n\nhello", b"no blank line\n\nhello"),
        (b"Subject: s\na broken\nfold\nContent-Type: text/html\n\nhello", b"hello"),
        (a_mail("multipart/mixed; boundary=b", "never closed\n--b\n\none"), ["", b"one"]),
        (a_mail("multipart/mixed; boundary=b", "--b  \n\none\n--bb\n--b--"), ["", b"one\n--bb"]),
        (a_mail("multipart/mixed; boundary=b", "no boundary at all"), b"no boundary at all"),
        (a_mail("multipart/mixed", "nor a name of one"), b"nor a name of one"),
        (a_mail("multipart/mixed; boundary=b", "--b--\n"), b"--b--\n"),
    ],
)  # fmt: skip
def test_what_is_broken_is_read_as_far_as_it_goes(mail: bytes, outline: object) -> None:
    found = _outline(parse_mail(mail))
    assert (["", *found[1:]] if isinstance(found, list) else found) == outline


def test_a_boundary_that_is_not_the_one_that_was_named_is_recognised() -> None:
    body = (
        "--real\nContent-Type: text/html\n\none\n--real\nContent-Type: text/plain\n\ntwo\n--real--"
    )
    for named in ("; boundary=other", ""):
        parsed = parse_mail(a_mail(f"multipart/alternative{named}", body))
        assert _outline(parsed) == ["multipart/alternative", b"one", b"two"]


def test_one_boundary_for_a_multipart_and_the_one_within() -> None:
    inner = a_multipart("alternative", [b"\none", a_mail("text/html", "two")])
    parsed = parse_mail(a_multipart("mixed", [inner, a_mail("application/pdf", "three")]))
    assert _outline(parsed) == [
        "multipart/mixed",
        ["multipart/alternative", b"one", b"two", b"three"],
    ]


def test_a_digest_holds_mails() -> None:
    parsed = parse_mail(a_multipart("digest", [b"\nSubject: one\n\nhello"]))
    assert [part.content_type for part in parsed.parts] == ["message/rfc822"]


def test_what_lies_too_deep_is_kept_whole() -> None:
    mail = b"\nthe innermost text"
    for depth in range(DEEPEST + 5):
        mail = a_multipart("mixed", [mail], boundary=f"b{depth}")
    (leaf,) = parse_mail(mail).leaves()
    assert leaf.content_type == "message/rfc822"
    assert [part.content for part in parse_mail(leaf.content).leaves()] == [b"the innermost text"]


def test_what_is_too_many_is_kept_whole() -> None:
    mail = a_multipart("mixed", [b"\n%d" % number for number in range(MOST_PARTS + 500)])
    *leaves, last = parse_mail(mail).leaves()
    assert len(leaves) == MOST_PARTS - 1
    assert last.content_type == "message/rfc822"
    kept = [part.content for part in (*leaves, *parse_mail(last.content).leaves())]
    assert kept == [b"%d" % number for number in range(MOST_PARTS + 500)]


@pytest.mark.parametrize(
    ("content_type", "read"),
    [
        ("", "text/plain"),
        ("text", "text/plain"),
        ("text/plain (plain text)", "text/plain"),
        ("pdf; name=x.pdf", "application/octet-stream"),
        ("Image/PNG", "image/png"),
        ("text/pl/ain", "text/plain"),
        ("=?utf-8?q?text/html?=", "text/plain"),
    ],
)
def test_a_type_that_is_none_is_text_unless_it_is_a_file(content_type: str, read: str) -> None:
    assert parse_mail(a_mail(content_type, "a")).content_type == read

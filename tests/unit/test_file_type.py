"""What files begin like, when that is worth a warning, and how many bytes somebody means."""

import pytest

from domain.byte_count import read_byte_count, write_byte_count
from domain.file_type import file_type, hides_what_it_is, image_type

_PE = "application/vnd.microsoft.portable-executable"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n", "application/pdf"),
        (b"PK\x03\x04 a document of an office, too", "application/zip"),
        (b"\x1f\x8b\x08\x00", "application/gzip"),
        (b"\x7fELF\x02\x01\x01", "application/x-elf"),
        (b"MZ\x90\x00\x03", _PE),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
        (b"ID3\x03\x00", "audio/mpeg"),
        (b"OggS\x00", "application/ogg"),
        (b"II*\x00", "image/tiff"),
        (b"MM\x00*", "image/tiff"),
        (b"\n\t<!doctype html>", "text/html"),
        (b"\xef\xbb\xbf<HTML>", "text/html"),
        (b"<script >", "text/html"),
        (b'<?xml version="1.0"?>\n<svg xmlns="x">', "image/svg+xml"),
        (b"<svg onload=alert(1)>", "image/svg+xml"),
        (b"", None),
        (b"MZ is how some words begin", None),
        (b"<price> of <a>", None),
        (b"Hello <html>", None),
        (b" " * 1500 + b"<html>", None),
        (b"<?xml" + b" " * 1_000_000, None),
    ],
)
def test_a_type_is_told_by_the_first_bytes(content: bytes, kind: str | None) -> None:
    assert file_type(content) == kind


def test_an_image_that_may_hold_a_script_is_not_shown_in_a_mail() -> None:
    assert image_type(b"<svg onload=alert(1)>") is None


@pytest.mark.parametrize(
    ("detected", "filename", "claimed", "hides"),
    [
        (_PE, "setup.exe", "application/x-msdownload", False),
        (_PE, "SETUP.EXE", "application/octet-stream", False),
        (_PE, "setup.exe", None, False),
        (_PE, "invoice.pdf", None, True),
        (_PE, "invoice.pdf", "application/pdf", True),
        (_PE, "setup.exe", "application/pdf", True),
        (_PE, None, None, True),
        ("application/x-elf", "tool", None, False),
        ("application/x-elf", "photo.jpg", None, True),
        ("text/html", "page.html", "text/html; charset=utf-8", False),
        ("text/html", "invoice.pdf", "text/html", True),
        ("application/zip", "letter.docx", "text/plain", False),
        (None, "invoice.pdf", "application/pdf", False),
    ],
)
def test_a_program_under_another_name_or_type_hides(
    detected: str | None, filename: str | None, claimed: str | None, hides: bool
) -> None:
    assert hides_what_it_is(detected, filename, claimed) is hides


@pytest.mark.parametrize(
    ("written", "count", "again"),
    [
        ("0", 0, "0 B"),
        ("1000", 1000, "1 KB"),
        ("1500MB", 1_500_000_000, "1.5 GB"),
        ("10 gb", 10_000_000_000, "10 GB"),
        ("2t", 2_000_000_000_000, "2 TB"),
    ],
)
def test_bytes_are_counted_in_thousands(written: str, count: int, again: str) -> None:
    assert read_byte_count(written) == count
    assert write_byte_count(count) == again


@pytest.mark.parametrize("written", ["", "-1", "1.5GB", "much", "9999999999999TB", "1EB"])
def test_what_is_no_number_of_bytes_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="a number of bytes"):
        read_byte_count(written)

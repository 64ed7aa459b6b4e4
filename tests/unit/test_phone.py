"""Several numbers in one text, as programs join them, and one number that has spaces in it."""

import pytest

from domain.phone import split_phones


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("", []),
        (" \n", []),
        ("+1 415 555 0142", ["+1 415 555 0142"]),
        ("+15005550006, +14155550192", ["+15005550006", "+14155550192"]),
        ("+15005550006;+14155550192;", ["+15005550006", "+14155550192"]),
        ("+15005550006\n+14155550192", ["+15005550006", "+14155550192"]),
        ("+1 500 555 0006 +1 415 555 0192", ["+1 500 555 0006", "+1 415 555 0192"]),
        ("14155550191 14155550192", ["14155550191", "14155550192"]),
        ("+1415\uff0c \uff0b1416", ["+1415", "\uff0b1416"]),
        ("whatsapp:+1415 whatsapp:+1416", ["whatsapp:+1415", "whatsapp:+1416"]),
        ("32665, ACME", ["32665", "ACME"]),
        ("+14155550142;ext=5", ["+14155550142"]),
        ("ACME, Inc", ["ACME, Inc"]),
        ("ACME Bank", ["ACME Bank"]),
    ],
)
def test_a_text_is_split_into_the_numbers_it_names(field: str, expected: list[str]) -> None:
    assert split_phones(field) == expected


@pytest.mark.parametrize("mark", [*",;+( 1=\n:", ";a", ";a=", "+ ", " +1", "1 ", ":+ "])
def test_endless_fields_take_no_longer_than_they_are(mark: str) -> None:
    assert isinstance(split_phones(mark * (1_048_576 // len(mark))), list)

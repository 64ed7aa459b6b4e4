"""Which addresses are of WhatsApp, and what that makes of a message."""

from dataclasses import replace

import pytest
from samples import channel

from domain.address import canonicalise
from domain.whatsapp import is_whatsapp, kind_to, text_kind
from inbox.writing.recipients import suited_own

CARL = "whatsapp:+14155550103"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("whatsapp:+14155550103", CARL),
        ("WhatsApp:+1 (415) 555-0103", CARL),
        (" whatsapp:US.1a2b ", "whatsapp:US.1a2b"),
    ],
)
def test_an_address_of_whatsapp_has_one_form(written: str, value: str) -> None:
    assert is_whatsapp(written)
    assert canonicalise(written, "sms", "US").address.value == value


def test_who_is_written_to_makes_the_kind() -> None:
    assert not is_whatsapp("+14155550103")
    assert not is_whatsapp("whatsapp")
    assert (text_kind(CARL, "mms"), text_kind("+14155550103", "mms")) == ("whatsapp", "mms")
    assert kind_to([CARL], "sms") == "whatsapp"
    assert kind_to(["+14155550103", CARL], "sms") == "whatsapp"
    assert kind_to(["+14155550103"], "sms") == kind_to([], "sms") == "sms"
    assert kind_to(["ann@example.org"], "email") == "email"


def test_a_new_text_leaves_from_an_own_address_of_its_kind() -> None:
    own = "whatsapp:+14155238886"
    both = replace(channel("twilio", "sms"), further_addresses=(own,))
    assert suited_own(CARL, both) == own
    assert suited_own("+14155550103", both) == "+14155550199"
    assert suited_own("+14155550103", replace(both, own_address=own)) is None
    assert suited_own(CARL, channel("infobip", "sms")) is None

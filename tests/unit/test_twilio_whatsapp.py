"""WhatsApp as Twilio's forms have it.

Source: https://www.twilio.com/docs/messaging/guides/webhook-request
"""

from urllib.parse import urlencode

import pytest
from samples import posted, read_back

from domain.message import Attachment, InboundMessage, MessageShape
from providers import twilio

WHATSAPP = {
    "MessageSid": "SM" + "1" * 32,
    "AccountSid": "AC" + "2" * 32,
    "SmsStatus": "received",
    "From": "whatsapp:+14155550100",
    "To": "whatsapp:+14155238886",
    "WaId": "14155550100",
    "ProfileName": "Ann",
    "MessageType": "text",
    "Body": "Hello",
    "NumMedia": "0",
    "ApiVersion": "2010-04-01",
}
LOCATION = {
    "MessageType": "location",
    "Body": "",
    "Latitude": "37.787890",
    "Longitude": "-122.391664",
    "Address": "375 Beale St, San Francisco",
    "Label": "Twilio HQ",
}
BUTTON = {
    "MessageType": "interactive",
    "Body": "Yes",
    "ButtonText": "Yes",
    "ButtonPayload": "yes-1",
    "OriginalRepliedMessageSid": "MM" + "5" * 32,
    "OriginalRepliedMessageSender": "whatsapp:+14155238886",
}


def message(**changes: str) -> InboundMessage:
    form = {name: value for name, value in (WHATSAPP | changes).items() if value != "-"}
    reading = read_back(twilio, posted(urlencode(form).encode()), "sms")
    assert isinstance(reading, InboundMessage)
    return reading


def test_a_text_is_of_its_own_kind_and_says_who_wrote_it() -> None:
    read = message()
    assert (read.kind, read.body, read.shape) == ("whatsapp", "Hello", None)
    assert (read.sender, read.sender_name) == ("whatsapp:+14155550100", "Ann")
    assert message(From="whatsapp:US.abc", ProfileName="-").sender_name is None


def test_files_make_no_mms_of_it() -> None:
    media = {"MediaUrl0": "https://api.twilio.com/m", "MediaContentType0": "image/jpeg"}
    read = message(MessageType="image", Body="", NumMedia="1", **media)
    assert (read.kind, read.body, read.shape) == ("whatsapp", "", None)
    assert read.attachments == (
        Attachment(url="https://api.twilio.com/m", content_type="image/jpeg"),
    )


def test_a_place_is_said_in_words_with_a_link() -> None:
    read = message(**LOCATION)
    assert read.shape == "location"
    assert read.body.splitlines() == [
        "Twilio HQ",
        "375 Beale St, San Francisco",
        "Location 37.78789, -122.391664",
        "https://www.openstreetmap.org/?mlat=37.78789&mlon=-122.391664",
    ]


def test_a_tapped_button_answers_what_had_it() -> None:
    read = message(**BUTTON)
    assert (read.shape, read.body, read.quoted_id) == ("choice", "Yes", "MM" + "5" * 32)
    assert message(MessageType="button", Body="", ButtonText="No").body == "No"
    assert message(OriginalRepliedMessageSid="SM5").quoted_id == "SM5"
    assert message(OriginalRepliedMessageSid=" ").quoted_id is None


@pytest.mark.parametrize(
    ("changes", "shape", "body"),
    [
        ({"MessageType": "reaction", "Body": "👍"}, "reaction", "👍"),
        ({"MessageType": "reaction", "Body": ""}, "reaction", "Reaction taken back"),
        (
            {"MediaUrl0": "https://x.test/1", "MediaContentType0": "text/vcard", "Body": "-"},
            "contact",
            "A contact",
        ),
        ({"MessageType": "poll", "Body": "Which?"}, None, "Which?"),
    ],
)
def test_other_types_are_what_they_are(
    changes: dict[str, str], shape: MessageShape | None, body: str
) -> None:
    read = message(**changes)
    assert (read.shape, read.body) == (shape, body)


@pytest.mark.parametrize("body", ["-", "", " "])
@pytest.mark.parametrize("word", ["order", "unsupported", "-"])
def test_what_nobody_knows_is_a_message_all_the_same(word: str, body: str) -> None:
    read = message(MessageType=word, Body=body)
    assert read.shape == "unsupported"
    assert "cannot be shown" in read.body


def test_a_text_by_sms_has_none_of_this() -> None:
    read = message(From="+14155550100", To="+14155550199", **LOCATION)
    assert (read.kind, read.shape, read.body) == ("sms", None, "")

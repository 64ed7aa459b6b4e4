"""Texts with files leave as MMS of each provider that sends them, within its documented bounds.

Fields: https://www.twilio.com/docs/messaging/api/message-resource (MediaUrl),
https://developers.telnyx.com/docs/messaging/messages/mms-transcoding (media_urls),
https://docs.plivo.com/docs/messaging/api/message/send-a-message (type, media_urls),
https://dev.bandwidth.com/docs/messaging/createMessage (media),
https://developers.sinch.com/docs/sms/api-reference/mms-support (mt_media, url, message).
"""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qs

import msgspec
import pytest
from samples import NOW
from test_bandwidth import SENDS, TEXT

from domain.outbound import OutboundMedia, SendRequest
from providers import MEDIA_SENDERS, SENDERS

URLS = ("https://inlet.test/media/one", "https://inlet.test/media/two")


def _posted(provider: str, *urls: str) -> Mapping[str, object]:
    """Compose a text with these files; return the fields of the request."""
    media = tuple(OutboundMedia(url=url, content_type="image/png") for url in urls)
    message = replace(TEXT, kind="mms" if media else "sms", media=media, to=TEXT.to[:1])
    # An account of two parts would be one of Sinch's Conversation API.
    channel = replace(SENDS, account="a-service-plan") if provider == "sinch" else SENDS
    request = SENDERS[provider].compose_send(message, channel, NOW)
    assert isinstance(request, SendRequest)
    if provider == "twilio":
        return parse_qs(request.body.decode())
    return msgspec.json.decode(request.body)


@pytest.mark.parametrize(
    ("provider", "named"),
    [
        ("bandwidth", {"media": list(URLS)}),
        ("plivo", {"type": "mms", "media_urls": list(URLS)}),
        ("telnyx", {"media_urls": list(URLS)}),
        ("twilio", {"MediaUrl": list(URLS)}),
    ],
)
def test_files_are_named_where_the_provider_looks_for_them(
    provider: str, named: Mapping[str, object]
) -> None:
    fields = _posted(provider, *URLS)
    assert {name: fields[name] for name in named} == named


def test_sinch_takes_one_file_with_the_text() -> None:
    fields = _posted("sinch", URLS[0])
    assert fields["type"] == "mt_media"
    assert fields["body"] == {"url": URLS[0], "message": TEXT.body}


@pytest.mark.parametrize("provider", sorted(MEDIA_SENDERS))
def test_a_text_without_files_names_none(provider: str) -> None:
    fields = _posted(provider)
    assert not {"media", "media_urls", "MediaUrl"} & set(fields)
    assert fields.get("type", "sms") == "sms"


@pytest.mark.parametrize("provider", sorted(MEDIA_SENDERS))
def test_each_says_how_much_it_takes(provider: str) -> None:
    limits = MEDIA_SENDERS[provider]
    assert 1 <= limits.MOST_MEDIA <= 10
    assert 500_000 <= limits.MOST_MEDIA_BYTES <= 5_000_000

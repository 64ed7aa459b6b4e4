"""What providers list of messages that came in: what is asked for, and how it is read.

Sources: the pages that each `providers/parts/NAME_listing.py` names.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from samples import NOW, OWN_PHONE, channel, claimed, posted

from domain.channel import Channel
from domain.errors import Unreadable
from domain.event import FetchedContent, InboundEvent, message_event
from domain.fetching_provider import FetchAnswer, FetchRequest, NotFetched
from domain.listing_provider import Listed
from domain.message import Attachment, FetchNeeded, InboundMessage
from domain.provider import ReadingContext
from providers import LISTERS, REGISTRY, sinch, twilio
from providers.parts import infobip_listing, sinch_listing, twilio_listing

FURTHER = "+14155550198"
SINCE = NOW - timedelta(hours=2)
# As the page on Message resources has it.
RESOURCE: dict[str, Any] = {
    "account_sid": "AC1",
    "api_version": "2010-04-01",
    "body": "Hello 👋",
    "date_created": "Fri, 01 Nov 2024 13:30:00 +0000",
    "date_sent": "Fri, 01 Nov 2024 13:30:01 +0000",
    "direction": "inbound",
    "from": "+14155550100",
    "num_media": "0",
    "sid": "SM800f449d0399ed014aae2bcc0cc2f2ec",
    "status": "received",
    "to": OWN_PHONE,
    "uri": "/2010-04-01/Accounts/AC1/Messages/SM800f449d0399ed014aae2bcc0cc2f2ec.json",
}


def asks(provider: str) -> Channel:
    return replace(
        channel(provider, "sms", ("a secret",), " a token "),
        account="abc.api.infobip.com" if provider == "infobip" else "AC1",
        further_addresses=(FURTHER,),
    )


def answered(fields: object, status: int = 200) -> FetchAnswer:
    return FetchAnswer(status=status, headers={}, body=msgspec.json.encode(fields))


def query(request: FetchRequest) -> Mapping[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}


def listed(provider: str, answer: FetchAnswer, nth: int = 0) -> Listed:
    lister, asked = LISTERS[provider], asks(provider)
    request = lister.first_lists(asked, SINCE)[nth]
    found = lister.read_list(request, answer, asked, SINCE)
    assert isinstance(found, Listed)
    return found


def events(found: Listed) -> list[InboundEvent]:
    return [each.event for each in found.events]


def read(provider: str, event: InboundEvent, media: FetchedContent | None = None) -> InboundMessage:
    context = ReadingContext(kind="sms", own_address=OWN_PHONE)
    reading = REGISTRY[provider].read(replace(claimed(event, provider), fetched=media), context)
    assert isinstance(reading, InboundMessage)
    return reading


@pytest.mark.parametrize("provider", sorted(LISTERS))
def test_only_the_provider_itself_is_asked(provider: str) -> None:
    lister = LISTERS[provider]
    assert provider == lister.NAME
    for request in lister.first_lists(asks(provider), SINCE):
        parts = urlsplit(request.url)
        assert parts.scheme == "https"
        assert lister.LIST_HOSTS.fullmatch(parts.hostname or "")
        assert not lister.LIST_HOSTS.fullmatch(f"{parts.hostname}.example.com")
        assert not lister.LIST_HOSTS.fullmatch(f"evil-{parts.hostname}.net")
        assert "authorization" in request.headers


@pytest.mark.parametrize("provider", sorted(LISTERS))
@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_credential_is_said_in_plain_words(provider: str, status: int) -> None:
    lister, asked = LISTERS[provider], asks(provider)
    request = lister.first_lists(asked, SINCE)[0]
    failed = lister.read_list(request, answered({"code": 20003}, status), asked, SINCE)
    assert isinstance(failed, NotFetched)
    assert (failed.error_class, failed.is_for_good) == ("credential_refused", True)
    assert "refuses the channel's credential" in failed.detail


@pytest.mark.parametrize("provider", sorted(LISTERS))
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b"null", b'{"messages": 1}'])
def test_what_is_no_list_is_a_failure(provider: str, body: bytes) -> None:
    lister, asked = LISTERS[provider], asks(provider)
    request = lister.first_lists(asked, SINCE)[0]
    answer = FetchAnswer(status=200, headers={}, body=body)
    failed = lister.read_list(request, answer, asked, SINCE)
    assert isinstance(failed, NotFetched)
    assert failed.error_class == "list_not_understood"
    away = lister.read_list(request, answered({}, 503), asked, SINCE)
    assert isinstance(away, NotFetched)
    assert (away.error_class, away.is_for_good) == ("fetch_failed", False)


def test_twilio_is_asked_for_each_own_number_by_day() -> None:
    requests = twilio_listing.first_lists(asks("twilio"), SINCE)
    path = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"
    assert [request.url.partition("?")[0] for request in requests] == [path] * 2
    assert [query(request) for request in requests] == [
        {"To": number, "DateSent>": "2024-11-01", "PageSize": "1000"}
        for number in (OWN_PHONE, FURTHER)
    ]


def test_twilio_is_not_asked_for_what_came_by_whatsapp() -> None:
    """A resource has no place, no button and no quoted message."""
    both = replace(asks("twilio"), further_addresses=(f"whatsapp:{FURTHER}",))
    requests = twilio_listing.first_lists(both, SINCE)
    assert [query(request)["To"] for request in requests] == [OWN_PHONE]
    assert twilio_listing.list_obstacle(both) is None
    assert twilio_listing.list_obstacle(replace(both, own_address="whatsapp:+14155238886"))


def test_a_message_of_twilio_is_the_event_of_its_webhook() -> None:
    [event] = events(listed("twilio", answered({"messages": [RESOURCE]})))
    form = b"MessageSid=SM800f449d0399ed014aae2bcc0cc2f2ec&From=%2B14155550100&Body=Hello"
    [by_webhook] = twilio.split(posted(form), "sms")
    assert event.dedup_key == by_webhook.dedup_key
    assert event.provider_message_id == by_webhook.provider_message_id
    assert msgspec.json.decode(event.body) == RESOURCE
    message = read("twilio", event)
    assert (message.kind, message.sender, message.body) == ("sms", "+14155550100", "Hello 👋")
    assert [each.address for each in message.recipients] == [OWN_PHONE]
    assert message.sent_at == datetime(2024, 11, 1, 13, 30, 1, tzinfo=UTC)
    assert message.provider_message_id == RESOURCE["sid"]


@pytest.mark.parametrize(
    "changes",
    [
        {"direction": "outbound-api"},
        {"direction": "outbound-reply"},
        {"status": "receiving"},
        {"date_sent": "Fri, 01 Nov 2024 11:59:59 +0000"},
    ],
)
def test_what_is_ours_or_old_or_on_its_way_is_no_event(changes: dict[str, Any]) -> None:
    assert not events(listed("twilio", answered({"messages": [RESOURCE | changes]})))


def test_twilios_pages_end_with_the_first_message_that_is_too_old() -> None:
    old = RESOURCE | {"sid": "SM2", "date_sent": "Fri, 01 Nov 2024 11:00:00 +0000"}
    page: dict[str, Any] = {
        "messages": [RESOURCE],
        "next_page_uri": "/2010-04-01/Accounts/AC1/Messages.json?To=%2B1&Page=1&PageToken=PAMM1",
    }
    [further] = listed("twilio", answered(page)).further
    assert further.url == f"https://api.twilio.com{page['next_page_uri']}"
    found = listed("twilio", answered(page | {"messages": [RESOURCE, old]}))
    assert [event.provider_message_id for event in events(found)] == [RESOURCE["sid"]]
    assert not found.further
    assert not listed("twilio", answered({**page, "messages": []})).further
    elsewhere = page | {"next_page_uri": "https://elsewhere.example/"}
    assert not listed("twilio", answered(elsewhere)).further


def test_an_odd_element_harms_no_other() -> None:
    elements: list[Any] = [RESOURCE, {"sid": None}, 7]
    found = listed("twilio", answered({"messages": elements}))
    assert [event.kind for event in events(found)] == ["message", "unreadable", "unreadable"]


def test_the_media_of_a_listed_message_are_asked_for() -> None:
    asked = asks("twilio")
    mms = RESOURCE | {"num_media": "1", "sid": "MM1"}
    [event] = events(listed("twilio", answered({"messages": [mms]})))
    context = ReadingContext(kind="sms", own_address=OWN_PHONE)
    assert isinstance(twilio.read(claimed(event, "twilio"), context), FetchNeeded)
    request = twilio_listing.next_fetch(claimed(event, "twilio"), asked, (), NOW)
    assert isinstance(request, FetchRequest)
    path = "/2010-04-01/Accounts/AC1/Messages/MM1/Media"
    assert request.url == f"https://api.twilio.com{path}.json"
    media = {"media_list": [{"uri": f"{path}/ME1.json", "content_type": "image/png"}]}
    content = twilio_listing.next_fetch(claimed(event, "twilio"), asked, [answered(media)], NOW)
    assert isinstance(content, FetchedContent)
    message = read("twilio", event, content)
    url = f"https://api.twilio.com{path}/ME1"
    assert message.attachments == (Attachment(url=url, content_type="image/png"),)
    assert (message.kind, message.body) == ("mms", "Hello 👋")


def test_a_text_is_not_given_up_for_media_that_are_gone() -> None:
    event = message_event("MM1", msgspec.json.encode(RESOURCE | {"num_media": "1", "sid": "MM1"}))
    for status, is_there in ((404, True), (401, False), (500, False)):
        step = twilio_listing.next_fetch(
            claimed(event, "twilio"), asks("twilio"), [answered({}, status)], NOW
        )
        assert isinstance(step, FetchedContent) == is_there
        if isinstance(step, FetchedContent):
            assert read("twilio", event, step).body == "Hello 👋"
        else:
            assert isinstance(step, NotFetched)
            assert not step.is_for_good


def test_a_resource_without_text_or_media_is_unreadable() -> None:
    event = message_event("SM1", msgspec.json.encode(RESOURCE | {"body": None}))
    with pytest.raises(Unreadable):
        read("twilio", event)


def test_sinch_lists_what_its_webhooks_tell() -> None:
    inbound: dict[str, Any] = {
        "type": "mo_text",
        "id": "01W4",
        "from": "12015555555",
        "to": "14155550199",
    }
    inbound |= {"body": "Hello", "received_at": "2024-11-01T13:30:00.000Z"}
    page: dict[str, Any] = {
        "count": 101,
        "page": 0,
        "page_size": 100,
        "inbounds": [inbound, {"id": "x"}],
    }
    found = listed("sinch", answered(page))
    message, odd = events(found)
    [by_webhook] = sinch.split(posted(msgspec.json.encode(inbound)), "sms")
    assert message == by_webhook
    assert odd.kind == "unreadable"
    assert read("sinch", message).body == "Hello"
    assert [query(request) for request in found.further] == [
        {
            "start_date": "2024-11-01T12:00:00.000Z",
            "to": f"{OWN_PHONE},{FURTHER}",
            "page": "1",
            "page_size": "100",
        }
    ]
    assert not listed("sinch", answered(page | {"count": 100})).further
    assert not listed("sinch", answered({**page, "inbounds": []})).further


def test_sinchs_conversation_api_is_not_asked() -> None:
    assert sinch_listing.list_obstacle(asks("sinch")) is None
    by_conversation = replace(asks("sinch"), account="PROJECT:APP")
    assert "Conversation API" in (sinch_listing.list_obstacle(by_conversation) or "")


def test_sinch_is_asked_in_the_region_that_it_sends_by() -> None:
    europe = replace(asks("sinch"), send_url="https://eu.sms.api.sinch.com/xms/v1/AC1/batches")
    for asked, host in ((asks("sinch"), "us"), (europe, "eu")):
        [request] = sinch_listing.first_lists(asked, SINCE)
        path = f"https://{host}.sms.api.sinch.com/xms/v1/AC1/inbounds?"
        assert request.url.startswith(path)
    many = replace(asks("sinch"), further_addresses=tuple(f"+1415556{n:04}" for n in range(60)))
    chunks = [query(request)["to"].split(",") for request in sinch_listing.first_lists(many, SINCE)]
    assert [len(numbers) for numbers in chunks] == [50, 11]


def test_infobips_inbox_is_of_all_numbers_and_is_emptied() -> None:
    result: dict[str, Any] = {"messageId": "606487ec", "from": "385916242493", "to": "385921004026"}
    result |= {"text": "QUIZ Paris", "receivedAt": "2024-11-01T13:30:00.000+0000"}
    page: dict[str, Any] = {"results": [result], "messageCount": 1, "pendingMessageCount": 3}
    found = listed("infobip", answered(page))
    [each] = found.events
    assert each.own_address == "+385921004026"
    assert each.event == message_event("606487ec", each.event.body)
    assert read("infobip", each.event).body == "QUIZ Paris"
    [request] = infobip_listing.first_lists(asks("infobip"), SINCE)
    assert request.url == "https://abc.api.infobip.com/sms/1/inbox/reports?limit=100"
    assert request.headers == {"authorization": "App a token"}
    assert [further.url for further in found.further] == [request.url]
    assert not listed("infobip", answered(page | {"pendingMessageCount": 0})).further
    assert not listed("infobip", answered({**page, "results": []})).further
    odds: list[Any] = [{"text": "who"}, result | {"status": {}}]
    odd = listed("infobip", answered({"results": odds}))
    assert [event.kind for event in events(odd)] == ["unreadable", "unreadable"]
    assert infobip_listing.LISTS_ONCE

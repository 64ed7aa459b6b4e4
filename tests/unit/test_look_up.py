"""Whether a provider has a message whose answer was lost: what is asked, and what follows.

Sources: the pages that each `providers/parts/NAME_look_up.py` names.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from samples import NOW, OWN_PHONE, channel

from domain.channel import Channel
from domain.fetching_provider import FetchAnswer, FetchRequest, NotFetched
from domain.look_up_provider import NO_LOOK_UP, Found, LookUpStep, NotFound, UnknownSend
from domain.timestamp import write_timestamp
from providers import LOOK_UPS

ANN = "+14155550101"
SEND = UnknownSend(
    id="01930000-0000-7000-8000-00000000aaaa",
    own_address=OWN_PHONE,
    to=(ANN,),
    body="Hello back 👋\n",
    attempted_at=NOW,
)
RFC_2822 = "Fri, 01 Nov 2024 14:00:05 +0000"
TAKEN_AT = write_timestamp(NOW + timedelta(seconds=5))
# One message of each provider as its list has it, with what names it.
TWILIO: dict[str, Any] = {
    "sid": "SM1",
    "direction": "outbound-api",
    "status": "queued",
    "from": OWN_PHONE,
    "to": ANN,
    "body": "Hello back 👋",
    "date_created": RFC_2822,
    "date_sent": None,
}
SINCH: dict[str, Any] = {
    "id": "01FC66621",
    "to": [ANN.lstrip("+")],
    "from": OWN_PHONE.lstrip("+"),
    "body": "Hello back 👋",
    "client_reference": SEND.id,
    "created_at": TAKEN_AT,
}
INFOBIP: dict[str, Any] = {
    "sender": OWN_PHONE.lstrip("+"),
    "destination": ANN.lstrip("+"),
    "messageId": "MSG-1",
    "sentAt": "2024-11-01T15:00:05.000+01:00",
    "content": {"text": "Hello back 👋"},
}


def asks(provider: str) -> Channel:
    account = "abc.api.infobip.com" if provider == "infobip" else "AC1"
    return replace(channel(provider, "sms", (), "a token"), account=account)


def answered(fields: object, status: int = 200) -> FetchAnswer:
    return FetchAnswer(status=status, headers={}, body=msgspec.json.encode(fields))


def look(provider: str, answers: Sequence[FetchAnswer], send: UnknownSend = SEND) -> LookUpStep:
    return LOOK_UPS[provider].look_up(send, asks(provider), answers)


def first(provider: str) -> FetchRequest:
    request = look(provider, ())
    assert isinstance(request, FetchRequest)
    return request


def listed(provider: str, *messages: dict[str, Any]) -> FetchAnswer:
    name = {"twilio": "messages", "sinch": "batches", "infobip": "results"}[provider]
    return answered({name: list(messages)})


@pytest.mark.parametrize("provider", sorted(LOOK_UPS))
def test_only_the_provider_itself_is_asked(provider: str) -> None:
    request = first(provider)
    parts = urlsplit(request.url)
    assert provider == LOOK_UPS[provider].NAME
    assert parts.scheme == "https"
    assert LOOK_UPS[provider].LOOK_UP_HOSTS.fullmatch(parts.hostname or "")
    assert "authorization" in request.headers


@pytest.mark.parametrize("provider", sorted(LOOK_UPS))
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b"{}"])
def test_what_is_no_list_tells_nothing(provider: str, body: bytes) -> None:
    step = look(provider, [FetchAnswer(status=200, headers={}, body=body)])
    assert isinstance(step, NotFetched)
    for status in (401, 429, 503):
        assert isinstance(look(provider, [answered({}, status)]), NotFetched)


def test_the_requests_name_what_was_sent() -> None:
    def query(provider: str) -> dict[str, str]:
        found = parse_qs(urlsplit(first(provider).url).query)
        return {name: values[0] for name, values in found.items()}

    assert query("twilio") == {"To": ANN, "PageSize": "100"}
    assert query("sinch") == {"client_reference": SEND.id, "start_date": "2024-11-01T13:58:00.000Z"}
    assert query("infobip") == {
        "sentSince": "2024-11-01T13:58:00.000+00:00",
        "sentUntil": "2024-11-01T14:10:00.000+00:00",
        "limit": "1000",
    }


@pytest.mark.parametrize(
    ("provider", "message", "known_as"),
    [("twilio", TWILIO, "SM1"), ("sinch", SINCH, "01FC66621"), ("infobip", INFOBIP, "MSG-1")],
)
def test_a_message_that_is_listed_is_found(
    provider: str, message: dict[str, Any], known_as: str
) -> None:
    step = look(provider, [listed(provider, message)])
    assert step == Found(provider_message_ids=(known_as,))
    assert look(provider, [listed(provider)]) == NotFound()


@pytest.mark.parametrize(
    ("provider", "message", "changes"),
    [
        ("twilio", TWILIO, {"direction": "inbound"}),
        ("twilio", TWILIO, {"from": "+14155550188"}),
        ("twilio", TWILIO, {"body": "Hello"}),
        ("twilio", TWILIO, {"date_created": "Fri, 01 Nov 2024 13:57:59 +0000"}),
        ("twilio", TWILIO, {"date_created": "Fri, 01 Nov 2024 14:10:01 +0000"}),
        ("twilio", TWILIO, {"date_created": "soon"}),
        ("twilio", TWILIO, {"sid": None}),
        ("sinch", SINCH, {"client_reference": "another"}),
        ("sinch", SINCH, {"created_at": "2024-11-01T13:00:00Z"}),
        ("infobip", INFOBIP, {"destination": "14155550102"}),
        ("infobip", INFOBIP, {"sender": "14155550188"}),
        ("infobip", INFOBIP, {"content": {"text": "Hello"}}),
        ("infobip", INFOBIP, {"content": None}),
        ("infobip", INFOBIP, {"sentAt": "2024-11-01T14:00:05.000+01:00"}),
    ],
)
def test_another_message_is_not_taken_for_it(
    provider: str, message: dict[str, Any], changes: dict[str, Any]
) -> None:
    assert look(provider, [listed(provider, message | changes)]) == NotFound()


def test_twilios_list_is_gone_through_back_to_when_it_was_sent() -> None:
    path = "/2010-04-01/Accounts/AC1/Messages.json?To=%2B14155550101&Page=1&PageToken=PA"
    later = TWILIO | {"sid": "SM9", "date_created": "Fri, 01 Nov 2024 15:00:00 +0000"}
    page = answered({"messages": [later], "next_page_uri": path})
    step = look("twilio", [page])
    assert isinstance(step, FetchRequest)
    assert step.url == f"https://api.twilio.com{path}"
    old = TWILIO | {"sid": "SM0", "date_created": "Fri, 01 Nov 2024 10:00:00 +0000"}
    last = answered({"messages": [TWILIO | {"sid": "SM2"}, TWILIO, old], "next_page_uri": path})
    assert look("twilio", [page, last]) == Found(provider_message_ids=("SM1", "SM2"))
    assert isinstance(look("twilio", [page] * 10), NotFetched)


def test_a_list_without_texts_tells_nothing() -> None:
    step = look("twilio", [listed("twilio", TWILIO | {"body": ""})])
    assert isinstance(step, NotFetched)
    assert step.error_class == "look_up_unclear"


def test_infobips_log_may_be_too_short_and_has_no_whatsapp() -> None:
    others = [INFOBIP | {"content": {"text": "Another"}}] * 1_000
    assert isinstance(look("infobip", [listed("infobip", *others)]), NotFetched)
    by_whatsapp = replace(SEND, to=(f"whatsapp:{ANN}",))
    assert look("infobip", (), by_whatsapp) is NO_LOOK_UP


def test_only_what_is_the_same_text_counts() -> None:
    assert SEND.has_text("Hello  back 👋")
    assert not SEND.has_text("hello back 👋")
    assert not SEND.has_text(None)
    assert replace(SEND, body=" ").has_text(None)
    assert not SEND.may_be_of(None)

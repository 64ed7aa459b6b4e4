"""What Twilio lists of messages that came in: Message resources, which are no webhooks.

{"messages": [{"sid": "SM...", "direction": "inbound", "status": "received", "from": "+14155550100",
 "to": "+14155550199", "body": "Hello", "num_media": "1", "date_sent": "Fri, 24 May 2019 17:18:28
 +0000", ...}], "next_page_uri": "/2010-04-01/Accounts/AC.../Messages.json?PageToken=..."}
Source: https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources
Its media are a list of their own: {"media_list": [{"uri": ".../Media/ME....json", "content_type":
"image/png"}]}. Source: https://www.twilio.com/docs/messaging/api/media-resource
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote, urlencode

import msgspec

from domain.basic_auth import basic_credentials
from domain.channel import Channel
from domain.event import (
    ClaimedEvent,
    FetchedContent,
    InboundEvent,
    message_event,
    unreadable_event,
)
from domain.fetching_provider import (
    FetchAnswer,
    FetchRequest,
    FetchStep,
    NotFetched,
    fetch_failed,
)
from domain.listing_provider import Listed, ListedEvent, listed_elements
from domain.mail_date import parse_mail_date
from domain.text import clean_text
from domain.tolerant_json import (
    decode_or,
    decode_tolerantly,
    decode_tolerantly_or,
)
from domain.whatsapp import is_whatsapp

NAME: Final = "twilio"
LIST_HOSTS: Final = re.compile(r"api\.twilio\.com")
LIST_WITHIN: Final[timedelta | None] = None  # as long as the account keeps them
LISTS_ONCE: Final = False
FETCH_HOSTS: Final = LIST_HOSTS
FETCH_WITHIN: Final = timedelta(days=7)  # Twilio keeps media until they are deleted

_HOST = "https://api.twilio.com"
_PAGE_SIZE = 1_000
_NOT_FOUND = 404
_ON_ITS_WAY = "receiving"  # it is listed again, when it is there
_NO_MEDIA = b'{"media_list": []}'


class _Message(msgspec.Struct, gc=False):
    sid: str | None = None
    direction: object = None
    status: object = None
    sender: str | None = msgspec.field(name="from", default=None)
    to: str | None = None
    body: str | None = None
    num_media: str | int | None = None
    date_sent: str | None = None
    date_created: str | None = None


class _Page(msgspec.Struct, gc=False):
    next_page_uri: str | None = None


class _Medium(msgspec.Struct, gc=False):
    uri: str | None = None
    content_type: str | None = None


class _Media(msgspec.Struct, gc=False):
    media_list: list[_Medium] = []


_MESSAGE = msgspec.json.Decoder(_Message)
_PAGE = msgspec.json.Decoder(_Page)
_MEDIA = msgspec.json.Decoder(_Media)


def list_obstacle(channel: Channel) -> str | None:
    """Messages by WhatsApp are not asked for."""
    is_other = all(map(is_whatsapp, channel.own_addresses))
    return "what comes by WhatsApp is not asked for" if is_other else None


def first_lists(channel: Channel, since: datetime) -> Sequence[FetchRequest]:
    """Ask for what came to each own number, newest first; Twilio goes by whole days."""
    path = f"/2010-04-01/Accounts/{account_of(channel)}/Messages.json"
    day = since.astimezone(UTC).date().isoformat()
    # A resource does not say what shape a message by WhatsApp has.
    numbers = [to for to in channel.own_addresses if not is_whatsapp(to)]
    queries = ({"To": to, "DateSent>": day, "PageSize": _PAGE_SIZE} for to in numbers)
    return [api_request(f"{path}?{urlencode(query)}", channel) for query in queries]


def read_list(
    request: FetchRequest, answer: FetchAnswer, channel: Channel, since: datetime
) -> Listed | NotFetched:
    """Read a page; no further one is asked for once there is a message that is too old."""
    elements = listed_elements(answer, "messages")
    if isinstance(elements, NotFetched):
        return elements
    moments = [_sent_at(_message(element)) for element in elements]
    is_too_old = [moment is not None and moment < since for moment in moments]
    wanted = [element for element, is_old in zip(elements, is_too_old, strict=True) if not is_old]
    events = (_event_of(element) for element in wanted)
    path = decode_or(answer.body, _PAGE, _Page()).next_page_uri or ""
    goes_on = bool(elements) and not any(is_too_old) and path.startswith("/")
    return Listed(
        events=[ListedEvent(event=event) for event in events if event is not None],
        further=[api_request(path, channel)] if goes_on else (),
    )


def is_listed(event: ClaimedEvent) -> bool:
    """Say whether an event is a resource that was listed: a webhook is a form."""
    return event.body.startswith(b"{")


def listed_form(event: ClaimedEvent) -> Mapping[str, str] | None:
    """Write a listed message as the webhook would have told it; None: its media are not there yet.

    Raises: Unreadable.
    """
    message = decode_tolerantly(event.body, _MESSAGE)
    has_media = str(message.num_media or "0").strip() != "0"
    if has_media and event.fetched is None:
        return None
    media = decode_or(event.fetched.body, _MEDIA, _Media()).media_list if event.fetched else []
    fields = {"MessageSid": message.sid, "From": message.sender, "To": message.to}
    fields |= {"Body": message.body}
    for number, medium in enumerate(media):
        if medium.uri and medium.uri.startswith("/"):
            fields[f"MediaUrl{number}"] = _HOST + medium.uri.removesuffix(".json")
            fields[f"MediaContentType{number}"] = medium.content_type
    return {name: clean_text(value) for name, value in fields.items() if value is not None}


def listed_at(event: ClaimedEvent) -> datetime | None:
    """Say when a listed message was sent; a webhook does not tell."""
    return _sent_at(_message(event.body))


def next_fetch(
    event: ClaimedEvent, channel: Channel, answers: Sequence[FetchAnswer], now: datetime
) -> FetchStep:
    """Ask for the list of a message's media; a text is not given up for those that are gone."""
    if not answers:
        sid = quote(_message(event.body).sid or "", safe="")
        return api_request(
            f"/2010-04-01/Accounts/{account_of(channel)}/Messages/{sid}/Media.json", channel
        )
    answer = answers[0]
    if answer.status == 200:
        return FetchedContent(content_type="application/json", body=answer.body)
    if answer.status == _NOT_FOUND:
        return FetchedContent(content_type="application/json", body=_NO_MEDIA)
    return fetch_failed(f"the provider answered {answer.status}")


def _event_of(element: bytes) -> InboundEvent | None:
    """Make the event of a message that came in and is all there."""
    message = _message(element)
    if not message.sid:
        return unreadable_event(element)
    if message.direction != "inbound" or message.status == _ON_ITS_WAY:
        return None
    return message_event(message.sid, element)


def _message(element: bytes) -> _Message:
    return decode_tolerantly_or(element, _MESSAGE, _Message())


def _sent_at(message: _Message) -> datetime | None:
    return parse_mail_date(message.date_sent or message.date_created or "")


def account_of(channel: Channel) -> str:
    """Write the account as a part of a path."""
    return quote((channel.account or "").strip(), safe="")


def api_request(path: str, channel: Channel) -> FetchRequest:
    """Write the request for a path of Twilio's API."""
    credentials = basic_credentials(
        (channel.account or "").strip(), (channel.credential or "").strip()
    )
    return FetchRequest(url=_HOST + path, headers={"authorization": credentials})

"""What Infobip has in its inbox: the same JSON as its webhooks, of all numbers, handed out once.

{"results": [{"messageId": "606487ec-...", "from": "385916242493", "to": "385921004026", "text":
 "QUIZ Paris", ...}], "messageCount": 1, "pendingMessageCount": 0}
Source: https://infobip.com/docs/api/channels/sms/inbound-sms/get-inbound-sms-messages
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from domain.channel import Channel
from domain.event import message_event, unreadable_event
from domain.fetching_provider import FetchAnswer, FetchRequest, NotFetched
from domain.listing_provider import Listed, ListedEvent, listed_elements
from domain.phone import with_plus
from domain.text import clean_text
from domain.tolerant_json import decode_or, decode_tolerantly_or
from providers.parts.infobip_message import Element

NAME: Final = "infobip"
# Each account has a host of its own.
LIST_HOSTS: Final = re.compile(r"(?:[a-z0-9-]+\.)?api\.infobip\.com")
LIST_WITHIN: Final = timedelta(hours=48)
LISTS_ONCE: Final = True

_MOST_AT_ONCE = 100  # what was handed out and could not be stored is gone


class _Pending(msgspec.Struct, gc=False):
    pendingMessageCount: int | None = None


_ELEMENT = msgspec.json.Decoder(Element)
_PENDING = msgspec.json.Decoder(_Pending)


def account_url(channel: Channel) -> str:
    """Write the base URL of the account."""
    host = (channel.account or "").strip().removeprefix("https://").rstrip("/")
    return f"https://{host}"


def account_headers(channel: Channel) -> dict[str, str]:
    """Show the API key."""
    return {"authorization": f"App {(channel.credential or '').strip()}"}


def list_obstacle(channel: Channel) -> str | None:
    """Whatever can send can be asked for."""
    return None


def first_lists(channel: Channel, since: datetime) -> Sequence[FetchRequest]:
    """Ask for what is in the inbox; no time can be named."""
    return [_request(channel)]


def read_list(
    request: FetchRequest, answer: FetchAnswer, channel: Channel, since: datetime
) -> Listed | NotFetched:
    """Read what was handed out; there may be more."""
    elements = listed_elements(answer, "results")
    if isinstance(elements, NotFetched):
        return elements
    pending = decode_or(answer.body, _PENDING, _Pending()).pendingMessageCount or 0
    return Listed(
        events=[_listed(element) for element in elements],
        further=[_request(channel)] if elements and pending > 0 else (),
    )


def _listed(element: bytes) -> ListedEvent:
    found = decode_tolerantly_or(element, _ELEMENT, Element())
    if found.messageId is None or found.status is not None:
        return ListedEvent(event=unreadable_event(element))
    return ListedEvent(
        event=message_event(str(found.messageId), element),
        own_address=with_plus(clean_text(found.to or "")).strip() or None,
    )


def _request(channel: Channel) -> FetchRequest:
    return FetchRequest(
        url=f"{account_url(channel)}/sms/1/inbox/reports?limit={_MOST_AT_ONCE}",
        headers=account_headers(channel),
    )

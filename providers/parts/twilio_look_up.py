"""Finds a message that was sent among those that Twilio lists: by whom, what and when.

Twilio knows no name of ours: its resource has neither the callback URL nor anything else of it.
Source: https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources
"""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlencode

import msgspec

from domain.channel import Channel
from domain.errors import Unreadable
from domain.fetching_provider import FetchAnswer
from domain.listing_provider import NOT_UNDERSTOOD, not_listed
from domain.look_up_provider import LookUpStep, UnknownSend, cannot_tell, found_or_not
from domain.mail_date import parse_mail_date
from domain.tolerant_json import decode_or, decode_tolerantly_or, split_field
from domain.whatsapp import WHATSAPP
from providers.parts.twilio_listing import LIST_HOSTS, account_of, api_request

NAME: Final = "twilio"
LOOK_UP_HOSTS: Final = LIST_HOSTS

_PAGE_SIZE = 100
_MOST_PAGES = 10


class _Message(msgspec.Struct, gc=False):
    sid: str | None = None
    direction: str | None = None
    sender: str | None = msgspec.field(name="from", default=None)
    body: str | None = None
    date_created: str | None = None


class _Page(msgspec.Struct, gc=False):
    next_page_uri: str | None = None


_MESSAGE = msgspec.json.Decoder(_Message)
_PAGE = msgspec.json.Decoder(_Page)


def look_up(send: UnknownSend, channel: Channel, answers: Sequence[FetchAnswer]) -> LookUpStep:
    """Go through what was sent to the recipient, newest first, back to when it was sent.

    Not by DateSent: what waits to be sent has none yet.
    """
    if not answers:
        query = urlencode({"To": send.to[0], "PageSize": _PAGE_SIZE})
        path = f"/2010-04-01/Accounts/{account_of(channel)}/Messages.json?{query}"
        return api_request(path, channel)
    if answers[-1].status != 200:
        return not_listed(answers[-1])
    try:
        pages = [split_field(answer.body, "messages") for answer in answers]
    except Unreadable:
        return NOT_UNDERSTOOD
    listed = [decode_tolerantly_or(each, _MESSAGE, _Message()) for page in pages for each in page]
    moments = [parse_mail_date(message.date_created or "") for message in listed]
    path = decode_or(answers[-1].body, _PAGE, _Page()).next_page_uri or ""
    if path.startswith("/") and not any(moment and moment < send.earliest for moment in moments):
        if len(answers) == _MOST_PAGES:
            return cannot_tell("too much was sent to this recipient since to look through")
        return api_request(path, channel)
    likely = [
        message
        for message, moment in zip(listed, moments, strict=True)
        if send.may_be_of(moment) and _is_ours(message, send)
    ]
    mine = [message.sid for message in likely if send.has_text(message.body) and message.sid]
    if not mine and any(not message.body for message in likely):
        return cannot_tell("what the provider lists has no text: it may be redacted")
    return found_or_not(mine[::-1])


def _is_ours(message: _Message, send: UnknownSend) -> bool:
    is_outbound = (message.direction or "").startswith("outbound")
    sender = (message.sender or "").removeprefix(WHATSAPP)
    return is_outbound and sender == send.own_address.removeprefix(WHATSAPP)

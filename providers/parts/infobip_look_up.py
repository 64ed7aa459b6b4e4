"""Finds a text that was sent in Infobip's log of 48 hours: by whom, what and when.

{"results": [{"sender": "InfoSMS", "destination": "41793026727", "messageId": "MESSAGE-ID-123-xyz",
 "sentAt": "2020-11-09T16:00:00.000+01:00", "content": {"text": "This is a sample message"}, ...}]}
Source: https://infobip.com/docs/api/channels/sms/logs-and-status-reports (`/sms/3/logs`), and
tests/Api/Sms/SmsLogsAndStatusReportsApiTest.php of infobip/infobip-api-php-client
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

import msgspec

from domain.channel import Channel
from domain.fetching_provider import FetchAnswer, FetchRequest
from domain.listing_provider import NOT_UNDERSTOOD, not_listed
from domain.look_up_provider import (
    NO_LOOK_UP,
    LookUpStep,
    UnknownSend,
    cannot_tell,
    found_or_not,
)
from domain.timestamp import parse_timestamp
from domain.tolerant_json import decode_or
from domain.whatsapp import is_whatsapp
from providers.parts.infobip_listing import LIST_HOSTS, account_headers, account_url

NAME: Final = "infobip"
LOOK_UP_HOSTS: Final = LIST_HOSTS

_MOST = 1_000


class _Content(msgspec.Struct, gc=False):
    text: str | None = None


class _Log(msgspec.Struct, gc=False):
    messageId: str | None = None
    sender: str | None = None
    destination: str | None = None
    sentAt: object = None
    content: _Content | None = None


class _Logs(msgspec.Struct, gc=False):
    results: list[_Log] | None = None


_LOGS = msgspec.json.Decoder(_Logs)


def look_up(send: UnknownSend, channel: Channel, answers: Sequence[FetchAnswer]) -> LookUpStep:
    """Ask for the log of the minutes in which it was sent."""
    if is_whatsapp(send.to[0]):
        return NO_LOOK_UP
    if not answers:
        wanted = {"sentSince": _as_date(send.earliest), "sentUntil": _as_date(send.latest)}
        query = urlencode(wanted | {"limit": str(_MOST)})
        url = f"{account_url(channel)}/sms/3/logs?{query}"
        return FetchRequest(url=url, headers=account_headers(channel))
    if answers[0].status != 200:
        return not_listed(answers[0])
    logs = decode_or(answers[0].body, _LOGS, _Logs()).results
    if logs is None:
        return NOT_UNDERSTOOD
    sender, to = send.own_address.removeprefix("+"), send.to[0].removeprefix("+")
    mine = [
        (moment, log.messageId)
        for log in logs
        if (moment := parse_timestamp(log.sentAt)) is not None
        and send.may_be_of(moment)
        and (log.sender, log.destination) == (sender, to)
        and send.has_text(log.content.text if log.content else None)
        and log.messageId
    ]
    if not mine and len(logs) >= _MOST:
        return cannot_tell("more was sent in these minutes than the provider lists")
    return found_or_not([identity for _, identity in sorted(mine)])


def _as_date(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")

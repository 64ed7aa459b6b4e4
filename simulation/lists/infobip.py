"""Plays Infobip's inbox: what was handed out is not there any more.

Source: https://infobip.com/docs/api/channels/sms/inbound-sms/get-inbound-sms-messages
"""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import msgspec

from domain.channel import Channel
from domain.fetching_provider import FetchAnswer
from domain.message import InboundMessage
from simulation import infobip
from simulation.lists.listed import answered


class _Posted(msgspec.Struct):
    results: list[msgspec.Raw]


def list_answer(
    url: str, came: Sequence[InboundMessage], channel: Channel, now: datetime
) -> FetchAnswer:
    """Hand out what came in, whatever number it came to; the caller takes it out of the inbox."""
    most = int(parse_qs(urlsplit(url).query)["limit"][0])
    shown = came[:most]
    return answered(
        {
            "results": [_element(message, channel, now) for message in shown],
            "messageCount": len(shown),
            "pendingMessageCount": len(came) - len(shown),
        }
    )


def _element(message: InboundMessage, channel: Channel, now: datetime) -> msgspec.Raw:
    posted = infobip.compose(message, channel, "", now).body
    return msgspec.json.decode(posted, type=_Posted).results[0]

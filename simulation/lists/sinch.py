"""Plays Sinch: pages of the messages that came in, as its webhooks tell them.

Source: https://developers.sinch.com/docs/sms/api-reference/sms/tag/Inbounds/
"""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import msgspec

from domain.channel import Channel
from domain.fetching_provider import FetchAnswer
from domain.message import InboundMessage
from simulation import sinch
from simulation.lists.listed import answered


def list_answer(
    url: str, came: Sequence[InboundMessage], channel: Channel, now: datetime
) -> FetchAnswer:
    """Answer with a page of what came to some numbers, newest first."""
    query = parse_qs(urlsplit(url).query)
    page, size = int(query["page"][0]), int(query["page_size"][0])
    numbers = query["to"][0].split(",")
    mine = [message for message in came if message.recipients[0].address in numbers][::-1]
    shown = mine[page * size : (page + 1) * size]
    inbounds = [msgspec.Raw(sinch.compose(message, channel, "", now).body) for message in shown]
    return answered(
        {"count": len(mine), "page": page, "page_size": len(shown), "inbounds": inbounds}
    )

"""What the played lists have in common. Knows no provider."""

from collections.abc import Sequence

import msgspec

from domain.fetching_provider import FetchAnswer
from domain.message import InboundMessage


def answered(fields: object, status: int = 200) -> FetchAnswer:
    """Write an answer in JSON."""
    headers = {"content-type": "application/json"}
    return FetchAnswer(status=status, headers=headers, body=msgspec.json.encode(fields))


def came_to(number: str, came: Sequence[InboundMessage]) -> list[InboundMessage]:
    """Return what came to a number, the latest first."""
    mine = [message for message in came if message.recipients[0].address == number]
    return mine[::-1]

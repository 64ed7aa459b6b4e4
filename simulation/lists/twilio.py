"""Plays the lists of Twilio: Message resources, and the media of one.

Source: https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources
Source: https://www.twilio.com/docs/messaging/api/media-resource
"""

from collections.abc import Sequence
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import parse_qs, urlsplit

from domain.channel import Channel
from domain.fetching_provider import FetchAnswer
from domain.message import InboundMessage
from simulation.lists.listed import answered, came_to

_MEDIA = "/Media.json"
_PAGE_SIZE = 2  # Twilio takes at most as many as one asks for


def list_answer(
    url: str, came: Sequence[InboundMessage], channel: Channel, now: datetime
) -> FetchAnswer:
    """Answer with a page of what came to a number, newest first, or with a message's media."""
    path = urlsplit(url).path
    if path.endswith(_MEDIA):
        return _media(path, came)
    query = parse_qs(urlsplit(url).query)
    newest = came_to(query["To"][0], came)
    page = int(query.get("Page", ["0"])[0])
    shown = newest[page * _PAGE_SIZE : (page + 1) * _PAGE_SIZE]
    goes_on = (page + 1) * _PAGE_SIZE < len(newest)
    to = query["To"][0].replace("+", "%2B")
    return answered(
        {
            "messages": [_resource(message, now) for message in shown],
            "page": page,
            "page_size": _PAGE_SIZE,
            "next_page_uri": f"{path}?To={to}&Page={page + 1}&PageToken=PA" if goes_on else None,
        }
    )


def _resource(message: InboundMessage, now: datetime) -> dict[str, object]:
    moment = format_datetime(message.sent_at or now)
    return {
        "sid": message.provider_message_id,
        "direction": "inbound",
        "status": "received",
        "from": message.sender,
        "to": message.recipients[0].address,
        "body": message.body,
        "num_media": str(len(message.attachments)),
        "num_segments": "1",
        "date_created": moment,
        "date_sent": moment,
        "price": None,
        "error_code": None,
    }


def _media(path: str, came: Sequence[InboundMessage]) -> FetchAnswer:
    of_message = path.removesuffix(_MEDIA)
    identity = of_message.rpartition("/")[2]
    files = [
        {
            "sid": f"ME{number:032x}",
            "content_type": attachment.content_type,
            "uri": f"{of_message}/Media/ME{number:032x}.json",
        }
        for message in came
        if message.provider_message_id == identity
        for number, attachment in enumerate(message.attachments)
    ]
    return answered({"media_list": files, "page": 0, "next_page_uri": None})

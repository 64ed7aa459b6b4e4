"""What providers of texts answer who sends, and how a channel of each of them sends.

One row for each provider of the registry that sends texts; `ID` is the id that it gives.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpx

from providers import REGISTRY, SENDERS

ID: Final = "8c6a1f4e-0d3b-4f6a-9b1e-2f6a3c5d7e90"
# Where those that take nothing but a token give one.
_TOKEN_PATH = "/oauth2/token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """How a provider says that it took a text, and that it never will, with the code of that."""

    taken: tuple[int, object]
    refused: tuple[int, object]
    code: str
    account: str = "AC1"


ANSWERS: Final[Mapping[str, Answers]] = {
    # https://dev.bandwidth.com/docs/messaging/createMessage
    "bandwidth": Answers(
        taken=(202, {"id": ID, "segmentCount": 1}),
        refused=(400, {"type": "request-validation", "description": "'to' is no number"}),
        code="request-validation",
        account="5500:app-1",
    ),
    # https://docs.bird.com/api/channels-api/api-reference/messaging/create-message
    "bird": Answers(
        taken=(202, {"id": ID, "status": "accepted"}),
        refused=(422, {"code": "InvalidPayload", "message": "no such number"}),
        code="http_422",
        account="workspace:channel",
    ),
    # The head of providers/generic.py
    "generic": Answers(
        taken=(200, {"provider_message_id": ID}),
        refused=(400, {"error_code": "blocked"}),
        code="blocked",
    ),
    # https://www.infobip.com/docs/developer-resources/quickstart
    "infobip": Answers(
        taken=(
            200,
            {
                "messages": [
                    {"messageId": ID, "status": {"groupName": "PENDING", "name": "PENDING"}}
                ]
            },
        ),
        refused=(400, {"errorCode": "E400", "description": "no such number"}),
        code="E400",
        account="abc123.api.infobip.com",
    ),
    # https://developers.messagebird.com/api/sms-messaging/ and .../api/#error-codes
    "messagebird": Answers(
        taken=(201, {"id": ID, "recipients": {"totalSentCount": 1}}),
        refused=(422, {"errors": [{"code": 10, "description": "no such number"}]}),
        code="api_10",
    ),
    # https://docs.plivo.com/docs/messaging/api/message/send-a-message
    "plivo": Answers(
        taken=(202, {"message_uuid": [ID], "api_id": "db342550"}),
        refused=(400, {"error": "no such number", "api_id": "db342550"}),
        code="http_400",
    ),
    # https://developers.sinch.com/docs/sms/api-reference/sms/tag/Batches/
    "sinch": Answers(
        taken=(201, {"id": ID, "type": "mt_text"}),
        refused=(400, {"code": "syntax_constraint_violation", "text": "no such number"}),
        code="syntax_constraint_violation",
    ),
    # https://developers.telnyx.com/api-reference/messages/send-a-message
    "telnyx": Answers(
        taken=(200, {"data": {"id": ID, "to": [{"status": "queued"}], "errors": []}}),
        refused=(400, {"errors": [{"code": "40310", "title": "Invalid 'to' address"}]}),
        code="40310",
    ),
    # https://www.twilio.com/docs/messaging/api/message-resource
    "twilio": Answers(
        taken=(201, {"sid": ID, "status": "queued", "error_code": None}),
        refused=(400, {"code": 21211, "message": "no such number", "status": 400}),
        code="21211",
    ),
    # https://developer.vonage.com/en/api/sms: 200 whatever comes of it
    "vonage": Answers(
        taken=(200, {"messages": [{"status": "0", "message-id": ID}]}),
        refused=(200, {"messages": [{"status": "15", "error-text": "Illegal Sender"}]}),
        code="status_15",
    ),
}
TEXT_SENDERS: Final = [name for name in SENDERS if "sms" in REGISTRY[name].CHANNEL_KINDS]


def response(answered: tuple[int, object]) -> httpx.Response:
    """Write an answer."""
    return httpx.Response(answered[0], json=answered[1])


def is_for_token(request: httpx.Request) -> bool:
    """Say whether a request asks for a token to send with."""
    return request.url.path.endswith(_TOKEN_PATH)

"""The header fields by which a mail that SES sends refers to others, as short as SES takes them.

Source: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageHeader.html
"""

import re

from domain.message import ThreadHeaders
from domain.sent_mail import referring_fields

_LONGEST_VALUE = 870
_PRINTABLE = re.compile(r"[!-~]+")


def referring_headers(thread: ThreadHeaders | None) -> dict[str, str]:
    """Write them with the newest ids that there is room for; ours is the last."""
    written = {name: _fitting(field) for name, field in referring_fields(thread).items()}
    return {name: field for name, field in written.items() if field}


def _fitting(field: str) -> str:
    kept: list[str] = []
    room = _LONGEST_VALUE
    for message_id in reversed(field.split(" ")):
        if not _PRINTABLE.fullmatch(message_id):
            continue
        if len(message_id) > room:
            break
        kept.insert(0, message_id)
        room -= len(message_id) + 1
    return " ".join(kept)

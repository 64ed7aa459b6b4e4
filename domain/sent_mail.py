"""What several providers are sent of a mail, however they are sent it. Knows no provider."""

from collections.abc import Mapping, Sequence

import msgspec

from domain.message import ThreadHeaders
from domain.message_parts import bracketed
from domain.outbound import SendRequest


def thread_fields(thread: ThreadHeaders | None) -> dict[str, str]:
    """Write the header fields by which answers find a mail, and it those that it answers."""
    if thread is None:
        return {}
    own = [thread.message_id] if thread.message_id else []
    return _written(
        {"Message-ID": own, "In-Reply-To": thread.in_reply_to, "References": thread.references}
    )


def referring_fields(thread: ThreadHeaders | None) -> dict[str, str]:
    """Write them for a provider that gives a mail a Message-ID of its own.

    Ours is the last that the mail refers to: who answers refers to what the mail does, and to it.
    """
    if thread is None:
        return {}
    own = [thread.message_id] if thread.message_id else []
    referred = list(dict.fromkeys([*thread.references, *own]))
    return _written({"In-Reply-To": thread.in_reply_to, "References": referred})


def _written(fields: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {name: field for name, ids in fields.items() if (field := bracketed(ids))}


def json_request(url: str, headers: Mapping[str, str], fields: Mapping[str, object]) -> SendRequest:
    """Write the request that posts JSON and wants JSON back; what is empty is left out."""
    return SendRequest(
        method="POST",
        url=url,
        headers={"content-type": "application/json", "accept": "application/json", **headers},
        body=msgspec.json.encode({name: value for name, value in fields.items() if value}),
    )

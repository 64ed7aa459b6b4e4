"""The mails that a route of Mailgun stores, for three days: how one is asked for, as it came.

A form is not signed, so where a mail lies is believed only where mails lie: the key is shown there.
Source: https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/store-retreive
Source: https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/view-stored-messages
"""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import msgspec

from domain.basic_auth import basic_credentials
from domain.event import FetchedContent
from domain.fetching_provider import (
    FetchAnswer,
    FetchRequest,
    FetchStep,
    fetch_failed,
    not_fetched,
)
from domain.tolerant_json import decode_or

# Storage has names of its own, as `se` or `storage-europe-west1`.
HOSTS: Final = re.compile(r"([a-z0-9-]+\.)?api(\.eu)?\.mailgun\.net")
WITHIN: Final = timedelta(days=3)

_PLACE = re.compile(
    rf"https://{HOSTS.pattern}/v[0-9]+/domains/[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*/messages/[\w=+%~-]+",
    re.ASCII,
)
_JSON = "application/json"
_SUCCESS = 200
_WRONG_KEY = (401, 403)
_NO_KEY = fetch_failed(
    "the channel has no credential that Mailgun accepts: an API key of the account"
)
_NOT_READ = fetch_failed("the provider's answer could not be read")
_NOTHING = FetchedContent(content_type=_JSON, body=b"{}")  # the mail is read as it was posted


class _Mail(msgspec.Struct, gc=False):
    mime: str | None = msgspec.field(name="body-mime", default=None)


_MAIL = msgspec.json.Decoder(_Mail)


def is_stored_mail(url: str) -> bool:
    """Say whether a mail may be asked for there."""
    return _PLACE.fullmatch(url) is not None


def next_step(url: str | None, credential: str | None, answers: Sequence[FetchAnswer]) -> FetchStep:
    """Ask for the mail as it came; where it cannot be had, what was posted of it has to do."""
    key = (credential or "").strip()
    if url is None or not key:
        return _NOTHING
    if not answers:
        headers = {"authorization": basic_credentials("api", key), "accept": "message/rfc2822"}
        return FetchRequest(url=url, headers=headers)
    answer = answers[-1]
    if answer.status in _WRONG_KEY:
        return _NO_KEY  # which an operator may put right while Mailgun has the mail
    if answer.status != _SUCCESS:
        refused = not_fetched(answer)
        return _NOTHING if refused.is_for_good else refused
    kept = FetchedContent(content_type=_JSON, body=answer.body)
    return kept if mime_in(kept) else _NOT_READ


def mime_in(content: FetchedContent | None) -> bytes:
    """Return the mail in what was fetched; empty where there is none."""
    mime = decode_or(content.body, _MAIL, _Mail()).mime if content else None
    return (mime or "").encode("utf-8", "replace")

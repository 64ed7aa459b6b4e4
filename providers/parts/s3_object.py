"""A mail that SES has put into a bucket of S3: where it lies, and how it is asked for.

The bucket stands in the path, for a name with dots is in no certificate. It is looked for in the
topic's region, and where S3 says that it is instead.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from urllib.parse import quote

from domain.fetching_provider import (
    FetchAnswer,
    FetchRequest,
    NotFetched,
    fetch_failed,
    not_fetched,
)
from providers.parts.aws_request import REGION, access_key, signed_headers
from providers.parts.sns_envelope import Topic

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_REGION = re.compile(REGION)
_ENCRYPTED = "x-amz-meta-x-amz-key"
# What clients leave out of a path: `//`, `/./`, `/../`.
_ODD_SEGMENT = re.compile(r"(?:\A|/)\.{0,2}(?:/|\Z)")

_SUCCESS = 200
_ELSEWHERE = (301, 307, 400)
_NO_KEY: Final = fetch_failed(
    "the channel has no credential that reads the bucket: ACCESS_KEY_ID:SECRET_ACCESS_KEY"
)
_DENIED: Final = fetch_failed("S3 does not let the channel's credential read the mail (403)")
_SEALED: Final = NotFetched(
    error_class="fetch_refused",
    detail="SES has encrypted the mail in the bucket: the receipt rule must not encrypt messages",
    is_for_good=True,
)
_NO_PLACE: Final = NotFetched(
    error_class="fetch_not_allowed", detail="the bucket has no name that S3 knows", is_for_good=True
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a mail lies."""

    bucket: str
    key: str


def next_object_step(
    place: Place,
    topic: Topic,
    credential: str | None,
    answers: Sequence[FetchAnswer],
    now: datetime,
) -> FetchRequest | FetchAnswer | NotFetched:
    """Say what to ask for after these answers, or return that which holds the mail."""
    key = access_key(credential)
    if key is None:
        return _NO_KEY
    if not _BUCKET.fullmatch(place.bucket) or not place.key:
        return _NO_PLACE
    if answers and answers[-1].status == _SUCCESS:
        is_sealed = any(name.startswith(_ENCRYPTED) for name in answers[-1].headers)
        return _SEALED if is_sealed else answers[-1]
    region = _region(topic, answers)
    if region is None:
        return _refused(answers[-1])
    url = _url(replace(topic, region=region), place)
    headers = signed_headers("GET", url, b"", key=key, region=region, service="s3", now=now)
    return FetchRequest(url=url, headers=headers)


def _region(topic: Topic, answers: Sequence[FetchAnswer]) -> str | None:
    """Say where to ask: first in the topic's region, then where S3 says, and nowhere else."""
    if not answers:
        return topic.region
    told = answers[-1].headers.get("x-amz-bucket-region", "")
    is_told = len(answers) == 1 and answers[-1].status in _ELSEWHERE and told != topic.region
    return told if is_told and _REGION.fullmatch(told) else None


def _refused(answer: FetchAnswer) -> NotFetched:
    """Read an answer that is no mail; rights that are missing can be given."""
    return _DENIED if answer.status == 403 else not_fetched(answer)


def _url(topic: Topic, place: Place) -> str:
    safe = "" if _ODD_SEGMENT.search(place.key) else "/"
    return f"https://{topic.host('s3')}/{place.bucket}/{quote(place.key, safe=safe)}"

"""Signs requests to Amazon, version 4, with the credential of a channel.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast

REGION: Final = r"[a-z]{2}(?:-[a-z]{1,20}){1,3}-[0-9]{1,2}"  # us-east-1, us-gov-west-1

_JSON: Final = {"content-type": "application/json"}
_ACCESS_KEY = re.compile(r"\s*([A-Za-z0-9_]+)\s*:\s*(\S(?:.*\S)?)\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """An access key of IAM."""

    id: str
    secret: str


def access_key(credential: str | None) -> AccessKey | None:
    """Read a credential, ACCESS_KEY_ID:SECRET_ACCESS_KEY; None where it is none."""
    found = _ACCESS_KEY.fullmatch(credential or "")
    return AccessKey(id=found[1], secret=found[2]) if found else None


def signed_headers(
    method: str,
    url: str,
    body: bytes,
    *,
    key: AccessKey,
    region: str,
    service: str,
    now: datetime,
    headers: Mapping[str, str] = _JSON,
) -> dict[str, str]:
    """Write the headers that sign a request, and those that it has with a body."""
    # Imported when something is signed: they load an HTTP client that is not used here.
    from requests import Request
    from requests_aws4auth import AWS4Auth

    moment = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    given = {"x-amz-date": moment, **(headers if body else {})}
    request = Request(method, url, headers=given, data=body).prepare()
    sign = cast(
        "Callable[[Any], object]", AWS4Auth(key.id, key.secret, region, service, moment[:8])
    )
    sign(request)
    return {
        name.lower(): str(value)
        for name, value in request.headers.items()
        if name.lower() != "content-length"
    }

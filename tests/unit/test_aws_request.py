"""Requests to Amazon are signed as its own examples are.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html (examples
"GET Bucket Lifecycle" and "Get Bucket (List Objects)").
"""

from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest

from providers.parts.aws_request import AccessKey, access_key, signed_headers

KEY = AccessKey(id="AKIAIOSFODNN7EXAMPLE", secret="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
MOMENT = datetime(2013, 5, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "signature"),
    [
        ("lifecycle", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ("max-keys=2&prefix=J", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ],
)
def test_the_examples_of_amazon(query: str, signature: str) -> None:
    url = f"https://examplebucket.s3.amazonaws.com/?{query}"
    for now in (MOMENT, MOMENT.astimezone(timezone(timedelta(hours=-5)))):
        headers = signed_headers(
            "GET", url, b"", key=KEY, region="us-east-1", service="s3", now=now
        )
        assert headers == {
            "authorization": "AWS4-HMAC-SHA256"
            " Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
            " SignedHeaders=host;x-amz-content-sha256;x-amz-date,"
            f" Signature={signature}",
            "x-amz-content-sha256": sha256(b"").hexdigest(),
            "x-amz-date": "20130524T000000Z",
        }


@pytest.mark.parametrize(
    ("written", "key"),
    [
        (" AKID:a/b+c:d= ", AccessKey(id="AKID", secret="a/b+c:d=")),
        ("a\n:c", AccessKey(id="a", secret="c")),
        ("AKID", None), ("AKID:", None), ("AKID: ", None), (":a", None), ("a b:c", None),
        ("ä:c", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_a_credential_is_an_id_and_a_secret(written: str | None, key: AccessKey | None) -> None:
    assert access_key(written) == key

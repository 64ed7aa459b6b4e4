"""The tokens that MessageBird publishes with its library, each written as its claims and signature.

Source: tests/test_request_validator/webhook_signature_test_data.json of
https://github.com/messagebird/python-rest-api
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

import msgspec
import pytest
from samples import posted

from domain.signature import verify
from providers import messagebird

SECRET = "36efdd1aace2e26cd490f0d951138253bef2f7c6d34d18981da781555cc4cebb"
AT = 1625479200
ROOT = "https://example.com/"
QUERY = "https://example.com/path?bar=1&foo=2"
BARE = "59a244dc-e9ad-4e23-9778-371faa238f72"
BARE_SIGNATURE = "6Fp0rVOsRr1fj9S2GidXAfkmPVofKr8_RTffC6G6r2E"
TEXT = "Hello, World!"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vector:
    """What was signed (`signed_url`, `signed_body`) where that is not what arrives."""

    title: str
    signature: str
    reason: str = "verified"
    url: str = ROOT
    body: str = ""
    jti: str = BARE
    begins: int = AT
    alg: str = "HS256"
    signed_url: str | None = None
    signed_body: str | None = None

    @property
    def token(self) -> str:
        claims: dict[str, object] = {
            "iss": "MessageBird",
            "nbf": self.begins,
            "exp": self.begins + 60,
            "jti": self.jti,
            "url_hash": sha256((self.signed_url or self.url).encode()).hexdigest(),
        }
        body = self.body if self.signed_body is None else self.signed_body
        if body:
            claims["payload_hash"] = sha256(body.encode()).hexdigest()
        parts = (msgspec.json.encode(part) for part in ({"alg": self.alg, "typ": "JWT"}, claims))
        text = ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
        return f"{text}.{self.signature}"


VECTORS = [
    Vector(title="neither query nor body", signature=BARE_SIGNATURE),
    Vector(title="a query", url=QUERY, jti="c946af77-e182-4eaa-b2ff-1a545b5e991a",
        signature="huo2ou6JDoDc7sV25d75UMWeYhBeavQlLsqIibSZuac"),
    Vector(title="query and body", url=QUERY, body=TEXT,
        jti="93e55006-a0e8-4526-a190-fa5ff00ea116",
        signature="_H--TOuYFLpeEH39-rg5E3IHVkjHozBcaKVWPRC5m9I"),
    Vector(title="before its time", begins=AT + 3600, reason="stale_signature",
        jti="f9f8c382-2449-4311-b72b-1df71687931e",
        signature="ZELgDFNGhjZH9CffQKcq3sytBe2I0KciLxpBhcfstHQ"),
    Vector(title="after its time", begins=AT - 3600, reason="stale_signature",
        jti="5f02f522-6030-46c8-b5a3-01246478d8bc",
        signature="45MSST3B_2PsjNUeiuW54_vUQgVw4rBXrdWrOUEz3lM"),
    Vector(title="a body that was taken away", signed_body=TEXT, reason="bad_signature",
        jti="14501532-96f2-4684-9832-68f0951ae342",
        signature="bHfsjj3tljfzTufoG3EU3p_yFrQh9CufyzRSaRMd4ss"),
    Vector(title="a body that was added", body=TEXT, signed_body="", reason="bad_signature",
        signature=BARE_SIGNATURE),
    Vector(title="a port", url="https://example.com:8080/",
        signature="vcpa0IicGAbpo064dOjiA2VbVOR2S5uZBEaBOP16sS8"),
    Vector(title="special characters in the URL",
        url="https://example.com/?obj%5Bfield1%5D=val1&obj%5Bfield2%5D=val2&param=value+with+spaces",
        signature="mJBCMfEjKmN3IMuzqPXPHktWETrcu0iNdF3agE8PDyI"),
    Vector(title="special characters in the body",
        body=r"Some text containg & < >, & and \u0026",
        signature="IQiKzeEPaO3A48lhKmBDSmxZyCESPCGxdSKFdi0dEJs"),
    Vector(title="HS384", alg="HS384",
        signature="KNMW-29X77lZeuPmThmHWc_RUAvTkaDkpxIZK6mqE08v8mWKiU9Edh4QXwAJO2nv"),
    Vector(title="HS512", alg="HS512", signature="rd6r0iMyNGnVPCwurETphE3Y8rpAyvvnUK0S8WvGUkt2E1"
        "QSRAZ7NZJZBHw1Y_Wb5W-sK9HJr_PRL2vz4jRT3Q"),
    Vector(title="no algorithm", alg="none", signature="", reason="bad_signature"),
]  # fmt: skip


@pytest.mark.parametrize("vector", VECTORS, ids=[vector.title for vector in VECTORS])
def test_vectors(vector: Vector) -> None:
    delivery = posted(vector.body.encode(), {"messagebird-signature-jwt": vector.token}, vector.url)
    now = datetime.fromtimestamp(AT, UTC)
    assert verify(messagebird.signed(delivery, [SECRET], now)).reason == vector.reason

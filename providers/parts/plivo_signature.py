"""What Plivo signs: the URL and the form (V3), or the URL alone (V2), each with a nonce.

Source: https://docs.plivo.com/docs/messaging/concepts/signature-validation (V2)
Source: https://www.plivo.com/docs/voice/concepts/signature-validation (V3)
Source: the vectors of https://github.com/plivo/plivo-go/blob/master/utils_test.go
"""

from collections.abc import Sequence

from domain.delivery import Delivery
from domain.errors import Unreadable
from domain.form import Fields, parse_form
from domain.signature import SignedContent, encode_secrets, hmac_base64, spell_ports
from domain.signed_form import signed_fields

_SCHEME = hmac_base64("sha256")


def plivo_signed(delivery: Delivery, secrets: Sequence[str]) -> SignedContent:
    """Say what was signed; where there is a signature by V3, one by V2 beside it does not count."""
    given = _signatures(delivery, "v3")
    if given is None:
        return _signed_by_v2(delivery, secrets)
    nonce = delivery.headers.get("x-plivo-signature-v3-nonce", "")
    fields, query, refusal = _covered(delivery)
    return SignedContent(
        received=given if nonce else (),
        bases=()
        if refusal
        else tuple(
            v3_base(_without_query(url), query, fields, nonce) for url in spell_ports(delivery.url)
        ),
        keys=tuple(encode_secrets(secrets)),
        scheme=_SCHEME,
        refusal=refusal,
    )


def v3_base(place: str, query: Fields, fields: Fields, nonce: str) -> bytes:
    """Write what V3 signs; the question mark stands wherever there is a query or a form."""
    written = "&".join(f"{name}={value}" for name, value in sorted(query))
    text = place
    if query or fields:
        text += f"?{written}"
    if query and fields:
        text += "."
    text += "".join(name + value for name, value in sorted(fields))
    return _bytes(f"{text}.{nonce}")


def _signed_by_v2(delivery: Delivery, secrets: Sequence[str]) -> SignedContent:
    nonce = delivery.headers.get("x-plivo-signature-v2-nonce", "")
    return SignedContent(
        received=(_signatures(delivery, "v2") or ()) if nonce else (),
        bases=tuple(_bytes(_without_query(url) + nonce) for url in spell_ports(delivery.url)),
        keys=tuple(encode_secrets(secrets)),
        scheme=_SCHEME,
    )


def _signatures(delivery: Delivery, version: str) -> tuple[str, ...] | None:
    """List those of the (sub)account and of the main account, each header of several; or None."""
    names = (f"x-plivo-signature-{version}", f"x-plivo-signature-ma-{version}")
    headers = [delivery.headers[name] for name in names if name in delivery.headers]
    if not headers:
        return None
    values = [value.strip() for header in headers for value in header.split(",")]
    return tuple(filter(None, values))


def _covered(delivery: Delivery) -> tuple[Fields, Fields, str | None]:
    """List the fields of the form and of the query, or say why there are none to be had."""
    fields, refusal = signed_fields(delivery, lambda posted: not posted.body)
    try:
        query = parse_form(_query(delivery.url))
    except Unreadable:
        return (), (), "unreadable_form"
    return fields, query, refusal


def _query(url: str) -> bytes:
    return _bytes(url.partition("#")[0].partition("?")[2])


def _without_query(url: str) -> str:
    return url.partition("#")[0].partition("?")[0]


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")

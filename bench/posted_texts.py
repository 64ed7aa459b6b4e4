"""SMS as Twilio posts them: a form with all of its documented fields, signed.

Source: https://www.twilio.com/docs/messaging/guides/webhook-request
"""

from collections.abc import Iterator, Mapping
from random import Random
from urllib.parse import urlencode

from bench.messages import TEXT
from domain.form import FORM
from domain.signed_form import signed_form
from providers.parts.twilio_signature import sign

_CONTACTS = 5_000
_ACCOUNT = "AC" + "2" * 32


def twilio_requests(
    count: int, rng: Random, url: str, secret: str
) -> Iterator[tuple[Mapping[str, str], bytes]]:
    """Write the headers and the body of distinct SMS."""
    key = secret.encode()
    for number in range(count):
        sid = f"SM{rng.randbytes(16).hex()}"
        fields = [
            ("ToCountry", "US"),
            ("ToState", "CA"),
            ("SmsMessageSid", sid),
            ("NumMedia", "0"),
            ("ToCity", "SAN FRANCISCO"),
            ("FromZip", "94607"),
            ("SmsSid", sid),
            ("FromState", "CA"),
            ("SmsStatus", "received"),
            ("FromCity", "OAKLAND"),
            ("Body", f"{TEXT} {number:09d}."),
            ("FromCountry", "US"),
            ("To", "+15005550006"),
            ("ToZip", "94103"),
            ("NumSegments", "2"),
            ("MessageSid", sid),
            ("AccountSid", _ACCOUNT),
            ("From", f"+1415{2_000_000 + rng.randrange(_CONTACTS)}"),
            ("ApiVersion", "2010-04-01"),
        ]
        signature = sign(key, signed_form(url, fields))
        headers = {"Content-Type": FORM, "X-Twilio-Signature": signature}
        yield headers, urlencode(fields).encode()

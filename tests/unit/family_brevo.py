"""Brevo in the family of cases.

Source: https://developers.brevo.com/docs/inbound-parse-webhooks
"""

from family import Member

from providers import brevo

_EMAIL = Member(
    provider=brevo,
    kind="email",
    signature_headers=("authorization",),
    tells_time=True,
    notices_cut=True,
    nul=b"\\u0000",
    known_type=b'{"items"',
    unknown_type=b'{"event":"telegram","message-id":"<1@mail>","was"',
    unknown_kind="receipt",
    lone_surrogate=b"\\ud800",
    surrogate_reads="",
    signs_body=False,
    is_mail=True,
)
MEMBERS = (_EMAIL,)

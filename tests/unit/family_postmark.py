"""Postmark in the family of cases.

Source: https://postmarkapp.com/developer/webhooks/inbound-webhook
"""

from family import Member

from providers import postmark

_EMAIL = Member(
    provider=postmark,
    kind="email",
    signature_headers=("authorization",),
    tells_time=True,
    notices_cut=True,
    nul=b"\\u0000",
    known_type=b'{"FromName"',
    unknown_type=b'{"RecordType":"Telegram","FromName"',
    unknown_kind="receipt",
    lone_surrogate=b"\\ud800",
    surrogate_reads="",
    signs_body=False,
    is_mail=True,
)
MEMBERS = (_EMAIL,)

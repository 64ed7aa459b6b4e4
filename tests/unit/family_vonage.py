"""Vonage's SMS API in the family of cases.

Source: https://developer.vonage.com/en/messaging/sms/guides/inbound-sms
"""

from family import Member

from providers import vonage

_SMS = Member(
    provider=vonage,
    kind="sms",
    signature_headers=("authorization",),
    tells_time=True,
    notices_cut=True,
    nul=b"\\u0000",
    known_type=b'"type":"text"',
    unknown_type=b'"type":"telegram"',
    unknown_kind="unreadable",
    lone_surrogate=b"\\ud800",
    surrogate_reads="",
    has_files=False,
)
MEMBERS = (_SMS,)

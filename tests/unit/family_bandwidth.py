"""Bandwidth in the family of cases.

Source: https://dev.bandwidth.com/docs/messaging/webhooks
"""

from family import Member

from providers import bandwidth

_SMS = Member(
    provider=bandwidth,
    kind="sms",
    signature_headers=("authorization",),
    tells_time=True,
    notices_cut=True,
    nul=b"\\u0000",
    known_type=b'"message-received"',
    unknown_type=b'"telegram"',
    unknown_kind="unreadable",
    lone_surrogate=b"\\ud800",
    surrogate_reads="",
    signs_body=False,
    names_types=False,
)
MEMBERS = (_SMS,)

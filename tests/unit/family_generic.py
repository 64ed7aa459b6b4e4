"""The generic provider in the family of cases.

Source: the head of providers/generic.py.
"""

from dataclasses import replace

from family import Member

from providers import generic

_SMS = Member(
    provider=generic,
    kind="sms",
    signature_headers=("webhook-id", "webhook-timestamp", "webhook-signature"),
    tells_time=True,
    notices_cut=True,
    nul=b"\\u0000",
    known_type=b'"type":"sms"',
    unknown_type=b'"type":"telegram"',
    unknown_kind="unreadable",
    lone_surrogate=b"\\ud800",
    surrogate_reads="",
)
_EMAIL = replace(
    _SMS,
    kind="email",
    known_type=b'{"from"',
    unknown_type=b'{"type":"telegram","from"',
    unknown_kind="message",
)
MEMBERS = (_SMS, _EMAIL)

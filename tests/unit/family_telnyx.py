"""Telnyx in the family of cases.

Source: https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks
"""

from family import Member

from providers import telnyx

_SMS = Member(
    provider=telnyx,
    kind="sms",
    signature_headers=("telnyx-signature-ed25519", "telnyx-timestamp"),
    tells_time=True,
    notices_cut=True,
    nul=b"\\u0000",
    known_type=b'"message.received"',
    unknown_type=b'"message.telegram"',
    unknown_kind="receipt",
    lone_surrogate=b"\\ud800",
    surrogate_reads="",
)
MEMBERS = (_SMS,)

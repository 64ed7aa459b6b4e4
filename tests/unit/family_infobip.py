"""Infobip in the family of cases.

Source: https://infobip.com/docs/api/channels/sms/inbound-sms/receive-inbound-sms-messages
"""

from family import Member

from providers import infobip

_SMS = Member(
    provider=infobip,
    kind="sms",
    signature_headers=("authorization",),
    tells_time=True,
    notices_cut=True,
    nul=b"\\u0000",
    known_type=b'"receivedAt"',
    unknown_type=b'"status":{"groupName":"TELEGRAM"},"receivedAt"',
    unknown_kind="receipt",
    lone_surrogate=b"\\ud800",
    surrogate_reads="",
    signs_body=False,
)
MEMBERS = (_SMS,)

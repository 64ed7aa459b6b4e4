"""Sinch in the family of cases.

Source: https://developers.sinch.com/docs/sms/api-reference/sms/tag/Webhooks/
"""

from family import Member

from providers import sinch

_SMS = Member(
    provider=sinch,
    kind="sms",
    signature_headers=(
        "authorization",
        "x-sinch-webhook-signature",
        "x-sinch-webhook-signature-nonce",
        "x-sinch-webhook-signature-timestamp",
    ),
    tells_time=True,
    notices_cut=True,
    nul=b"\\u0000",
    known_type=b'"type":"mo_text"',
    unknown_type=b'"type":"mo_telegram"',
    unknown_kind="unsplit",
    lone_surrogate=b"\\ud800",
    surrogate_reads="",
)
MEMBERS = (_SMS,)

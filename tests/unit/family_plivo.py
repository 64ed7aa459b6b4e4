"""Plivo in the family of cases.

Source: https://docs.plivo.com/docs/messaging/api/message/handling-incoming
"""

from family import Member

from providers import plivo

_SMS = Member(
    provider=plivo,
    kind="sms",
    signature_headers=(
        "x-plivo-signature-v2", "x-plivo-signature-v2-nonce", "x-plivo-signature-ma-v2",
        "x-plivo-signature-v3", "x-plivo-signature-v3-nonce", "x-plivo-signature-ma-v3",
    ),
    tells_time=False,
    notices_cut=False,
    names_types=False,
    nul=b"%00",
    known_type=b"MessageIntent=",
    unknown_type=b"Status=telegram",
    unknown_kind="receipt",
    lone_surrogate=b"%ED%A0%80",
    surrogate_reads="\N{REPLACEMENT CHARACTER}" * 3,
)  # fmt: skip
MEMBERS = (_SMS,)

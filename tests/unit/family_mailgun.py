"""Mailgun in the family of cases.

Source: https://documentation.mailgun.com/docs/mailgun/user-manual/receive-forward-store/
"""

from family import Member

from providers import mailgun

_EMAIL = Member(
    provider=mailgun,
    kind="email",
    signature_headers=(),
    tells_time=True,
    notices_cut=False,
    nul=b"%00",
    known_type=b"recipient=",
    unknown_type=b"event=telegram&recipient=",
    unknown_kind="unreadable",
    lone_surrogate=b"%ED%A0%80",
    surrogate_reads="\N{REPLACEMENT CHARACTER}" * 3,
    signs_body=False,
    is_mail=True,
)
MEMBERS = (_EMAIL,)

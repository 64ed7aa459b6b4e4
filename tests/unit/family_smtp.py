"""Mail servers in the family of cases: what is posted is a mail as it is.

Source: RFC 5321, RFC 5322
"""

from family import Member

from providers import smtp

_EMAIL = Member(
    provider=smtp,
    kind="email",
    signature_headers=("authorization",),
    tells_time=True,
    notices_cut=False,
    nul=b"\0",
    known_type=b"text/plain",
    unknown_type=b"text/telegram",
    unknown_kind="message",
    lone_surrogate=b"\xed\xa0\x80",
    surrogate_reads="í\xa0€",
    signs_body=False,
    is_mail=True,
    has_id=False,
    is_whole=True,
    credential="user:password",
)
MEMBERS = (_EMAIL,)

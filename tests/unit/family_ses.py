"""SES in the family of cases: what is changed of a mail is changed where it lies.

Source: https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-examples.html
"""

from family import Member

from providers import ses
from simulation.sns import TOPIC

_EMAIL = Member(
    provider=ses,
    kind="email",
    signature_headers=("authorization",),
    tells_time=True,
    notices_cut=True,
    nul=b"\0",
    known_type=b"Received",
    unknown_type=b"Telegram",
    unknown_kind="receipt",
    lone_surrogate=b"\xed\xa0\x80",
    surrogate_reads="í\xa0€",
    signs_body=False,
    is_mail=True,
    is_whole=True,
    account=TOPIC,
    credential="AKIDEXAMPLE:a secret key",
)
MEMBERS = (_EMAIL,)

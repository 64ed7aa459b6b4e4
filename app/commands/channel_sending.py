"""The options of `inlet channel add` and `set`: how a channel sends, and what a close means."""

from typing import Annotated

import typer

from domain.closing import ClosedRule
from inbox.settings.channel_setup import HIGHEST_RATE, LEAST_RATE, MOST_IDLE_HOURS

AccountOption = Annotated[
    str | None,
    typer.Option(
        help="The account at the provider; Twilio: account SID, SES: ARN of its topic, "
        "Bandwidth: ACCOUNT:APPLICATION, Bird: WORKSPACE:CHANNEL, Infobip: base URL, "
        "Plivo: Auth ID, Sinch: service plan, Telnyx: messaging profile, if any, Vonage: API key."
    ),
]
SendUrlOption = Annotated[
    str | None,
    typer.Option(
        help="Post what is sent here; generic channels need it to send, and channels of smtp, "
        "whose mail server it is: smtp://HOST:587, smtps://HOST:465."
    ),
]
RateOption = Annotated[
    float | None,
    typer.Option(min=LEAST_RATE, max=HIGHEST_RATE, help="Send at most so many in a second."),
]
ClosedPolicyOption = Annotated[
    ClosedRule | None, typer.Option(help="Where a message for a closed conversation goes.")
]
IdleHoursOption = Annotated[
    int | None,
    typer.Option(min=1, max=MOST_IDLE_HOURS, help="Belongs to --closed-policy new_after_idle."),
]
ReplyAddressesOption = Annotated[
    bool | None,
    typer.Option(
        "--reply-addresses/--no-reply-addresses",
        help="Answers to each mail come to name+TOKEN@, which leads them to its conversation; "
        "for mailboxes that take plus addresses.",
    ),
]

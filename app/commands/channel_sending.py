"""The options of `inlet channel add` and `set`: how a channel sends, and what a close means."""

from dataclasses import asdict, dataclass, replace
from typing import Annotated
from urllib.parse import urlsplit

import typer

from app.ids import new_reply_key
from domain.channel import Channel
from domain.closing import ClosedPolicy, ClosedRule
from domain.errors import OperatorError
from domain.mail_handover import read_mail_server
from providers import smtp

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
    float | None, typer.Option(min=0.01, max=1000, help="Send at most so many in a second.")
]
ClosedPolicyOption = Annotated[
    ClosedRule | None, typer.Option(help="Where a message for a closed conversation goes.")
]
IdleHoursOption = Annotated[
    int | None, typer.Option(min=1, max=87_600, help="Belongs to --closed-policy new_after_idle.")
]
ReplyAddressesOption = Annotated[
    bool | None,
    typer.Option(
        "--reply-addresses/--no-reply-addresses",
        help="Answers to each mail come to name+TOKEN@, which leads them to its conversation; "
        "for mailboxes that take plus addresses.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingOptions:
    """What was given on the command line; None was not, and empty takes a setting away."""

    account: str | None
    send_url: str | None
    rate: float | None
    closed_policy: ClosedRule | None
    idle_hours: int | None
    reply_addresses: bool | None

    @property
    def names(self) -> list[str]:
        """List the options that were given."""
        return [name for name, value in asdict(self).items() if value is not None]


def with_options(channel: Channel, given: SendingOptions) -> Channel:
    """Return the channel as the options make it.

    Raises: OperatorError.
    """
    rule = given.closed_policy or channel.closed_policy.rule
    idle_hours = given.idle_hours
    if idle_hours is None and rule == channel.closed_policy.rule:
        idle_hours = channel.closed_policy.idle_hours
    if (rule == "new_after_idle") != (idle_hours is not None):
        raise OperatorError("--idle-hours belongs to --closed-policy new_after_idle, and is needed")
    account = channel.account if given.account is None else given.account.strip() or None
    return replace(
        channel,
        account=account,
        send_url=channel.send_url
        if given.send_url is None
        else _checked_url(given.send_url, channel.provider),
        sends_per_second=channel.sends_per_second if given.rate is None else given.rate,
        closed_policy=ClosedPolicy(rule=rule, idle_hours=idle_hours),
        reply_key=_reply_key(channel, is_wanted=given.reply_addresses),
    )


def _reply_key(channel: Channel, *, is_wanted: bool | None) -> bytes | None:
    """Keep the key, make one, or take it away, with all reply addresses that it has signed."""
    if is_wanted is None:
        return channel.reply_key
    if not is_wanted:
        return None
    if channel.kind != "email":
        raise OperatorError("--reply-addresses belongs to channels of kind email")
    return channel.reply_key or new_reply_key()


def _checked_url(written: str, provider: str) -> str | None:
    url = written.strip()
    if not url:
        return None
    if provider == smtp.NAME:
        try:
            read_mail_server(url)
        except ValueError as error:
            raise OperatorError(f"--send-url {error}") from None
        return url
    try:
        parts = urlsplit(url)
        has_place = bool(parts.hostname) and parts.port != 0 and not parts.fragment
        is_fine = parts.scheme in ("http", "https") and has_place
    except ValueError:
        is_fine = False
    if not is_fine or any(char.isspace() for char in url):
        raise OperatorError("--send-url must be an http:// or https:// URL")
    return url

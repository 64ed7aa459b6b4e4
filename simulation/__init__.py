"""Makes realistic traffic and plays the providers that post it, each in a file of its name."""

from collections.abc import Mapping
from types import MappingProxyType

from simulation import generic, mailgun, mandrill, postmark, sendgrid, twilio
from simulation.played import PlayedProvider, PlayedSender

PLAYED: Mapping[str, PlayedProvider] = MappingProxyType(
    {
        generic.NAME: generic,
        mailgun.NAME: mailgun,
        mandrill.NAME: mandrill,
        postmark.NAME: postmark,
        sendgrid.NAME: sendgrid,
        twilio.NAME: twilio,
    }
)
PLAYED_SENDERS: Mapping[str, PlayedSender] = MappingProxyType(
    {
        generic.NAME: generic,
        mailgun.NAME: mailgun,
        mandrill.NAME: mandrill,
        postmark.NAME: postmark,
        twilio.NAME: twilio,
    }
)

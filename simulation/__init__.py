"""Makes realistic traffic and plays the providers that post it, each in a file of its name."""

from collections.abc import Mapping
from types import MappingProxyType

from simulation import (
    bandwidth,
    bird,
    brevo,
    generic,
    infobip,
    mailgun,
    mandrill,
    messagebird,
    plivo,
    postmark,
    resend,
    sendgrid,
    ses,
    sinch,
    smtp,
    telnyx,
    twilio,
    vonage,
)
from simulation.lists import infobip as infobip_list
from simulation.lists import sinch as sinch_list
from simulation.lists import telnyx as telnyx_list
from simulation.lists import twilio as twilio_list
from simulation.played import (
    PlayedDivider,
    PlayedGreeter,
    PlayedKeeper,
    PlayedLister,
    PlayedProvider,
    PlayedSender,
)

PLAYED: Mapping[str, PlayedProvider] = MappingProxyType(
    {
        bandwidth.NAME: bandwidth,
        bird.NAME: bird,
        brevo.NAME: brevo,
        generic.NAME: generic,
        infobip.NAME: infobip,
        mailgun.NAME: mailgun,
        mandrill.NAME: mandrill,
        messagebird.NAME: messagebird,
        plivo.NAME: plivo,
        postmark.NAME: postmark,
        resend.NAME: resend,
        sendgrid.NAME: sendgrid,
        ses.NAME: ses,
        sinch.NAME: sinch,
        smtp.NAME: smtp,
        telnyx.NAME: telnyx,
        twilio.NAME: twilio,
        vonage.NAME: vonage,
    }
)
PLAYED_SENDERS: Mapping[str, PlayedSender] = MappingProxyType(
    {
        bandwidth.NAME: bandwidth,
        bird.NAME: bird,
        brevo.NAME: brevo,
        generic.NAME: generic,
        infobip.NAME: infobip,
        mailgun.NAME: mailgun,
        mandrill.NAME: mandrill,
        messagebird.NAME: messagebird,
        plivo.NAME: plivo,
        postmark.NAME: postmark,
        resend.NAME: resend,
        sendgrid.NAME: sendgrid,
        ses.NAME: ses,
        sinch.NAME: sinch,
        telnyx.NAME: telnyx,
        twilio.NAME: twilio,
        vonage.NAME: vonage,
    }
)
# Those of them that keep a part of what they post about.
PLAYED_KEEPERS: Mapping[str, PlayedKeeper] = MappingProxyType(
    {brevo.NAME: brevo, resend.NAME: resend, ses.NAME: ses}
)
# Those of them that post a long text in parts.
PLAYED_DIVIDERS: Mapping[str, PlayedDivider] = MappingProxyType({vonage.NAME: vonage})
# Those of them that list what came in.
PLAYED_LISTERS: Mapping[str, PlayedLister] = MappingProxyType(
    {
        infobip.NAME: infobip_list,
        sinch.NAME: sinch_list,
        telnyx.NAME: telnyx_list,
        twilio.NAME: twilio_list,
    }
)
# Those of them whose every event has to be fetched for; what these post to try a URL out.
PLAYED_GREETERS: Mapping[str, PlayedGreeter] = MappingProxyType({ses.NAME: ses})


def keeps_mails(provider: str) -> bool:
    """Say whether nobody has what its simulated mails say; of others the files alone are kept."""
    keeper = PLAYED_KEEPERS.get(provider)
    return keeper is not None and keeper.KEEPS == "mails"

"""One provider, one file: pure functions over bytes, as domain/provider.py asks."""

from collections.abc import Mapping
from types import MappingProxyType

from domain.fetching_provider import FetchingProvider
from domain.listing_provider import ListingProvider
from domain.look_up_provider import LookUpProvider
from domain.media_provider import MediaProvider
from domain.provider import Provider
from domain.sending_media import MediaSender
from domain.sending_provider import SendingProvider
from providers import (
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
from providers.parts import (
    infobip_listing,
    infobip_look_up,
    sinch_listing,
    sinch_look_up,
    telnyx_listing,
    telnyx_look_up,
    twilio_listing,
    twilio_look_up,
)

REGISTRY: Mapping[str, Provider] = MappingProxyType(
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
# Those of them that send, too.
SENDERS: Mapping[str, SendingProvider] = MappingProxyType(
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
# Those of them that keep a part of an event until they are asked for it.
FETCHERS: Mapping[str, FetchingProvider] = MappingProxyType(
    {
        brevo.NAME: brevo,
        mailgun.NAME: mailgun,
        resend.NAME: resend,
        ses.NAME: ses,
        twilio.NAME: twilio_listing,
    }
)
# Those of them that list what came in; others list nothing, or no texts.
LISTERS: Mapping[str, ListingProvider] = MappingProxyType(
    {
        infobip.NAME: infobip_listing,
        sinch.NAME: sinch_listing,
        telnyx.NAME: telnyx_listing,
        twilio.NAME: twilio_listing,
    }
)
# Those of them whose media are given to who shows the channel's credential.
MEDIA: Mapping[str, MediaProvider] = MappingProxyType(
    {bandwidth.NAME: bandwidth, infobip.NAME: infobip, twilio.NAME: twilio}
)
# Those of them that can be asked for a message whose answer was lost.
LOOK_UPS: Mapping[str, LookUpProvider] = MappingProxyType(
    {
        infobip.NAME: infobip_look_up,
        sinch.NAME: sinch_look_up,
        telnyx.NAME: telnyx_look_up,
        twilio.NAME: twilio_look_up,
    }
)
# Those of them whose texts can have files.
MEDIA_SENDERS: Mapping[str, MediaSender] = MappingProxyType(
    {
        bandwidth.NAME: bandwidth,
        plivo.NAME: plivo,
        sinch.NAME: sinch,
        telnyx.NAME: telnyx,
        twilio.NAME: twilio,
    }
)


def find_provider(name: str) -> Provider | None:
    """Find the provider of a webhook URL."""
    return REGISTRY.get(name)


def find_sender(name: str) -> SendingProvider | None:
    """Find the provider that sends for a channel; None where it only receives."""
    return SENDERS.get(name)


def receipt_words() -> tuple[str, ...]:
    """List the words of all providers' receipts, each once."""
    return tuple(
        sorted({word for provider in REGISTRY.values() for word in provider.RECEIPT_WORDS})
    )

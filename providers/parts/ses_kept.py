"""What is fetched for a message of SNS: the certificate that signs it, then what it is about.

A subscription is confirmed; a mail that lies in a bucket is fetched. The parts are kept in this
order, and whoever reads them relies on the signature.
Source: https://docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.confirm.html
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from domain.channel import Channel
from domain.errors import Unreadable
from domain.event import FetchedContent
from domain.fetched_parts import joined_parts, split_parts
from domain.fetching_provider import FetchAnswer, FetchRequest, FetchStep, NotFetched, not_fetched
from providers.parts.aws_request import REGION
from providers.parts.s3_object import next_object_step
from providers.parts.ses_event import read_told
from providers.parts.sns_envelope import SUBSCRIPTION, Envelope, Topic
from providers.parts.sns_signature import check_origin, check_signature

HOSTS: Final = re.compile(rf"(?:sns|s3)\.{REGION}\.amazonaws\.com(?:\.cn)?")
# Mails stay in a bucket until somebody takes them away; a subscription waits for days.
WITHIN: Final = timedelta(hours=24)

_SUCCESS = 200


def next_step(
    envelope: Envelope, channel: Channel, answers: Sequence[FetchAnswer], now: datetime
) -> FetchStep:
    """Say what to ask for after these answers.

    Raises: Unreadable.
    """
    topic = check_origin(envelope, channel.account)
    if isinstance(topic, NotFetched):
        return topic
    if not answers:
        return FetchRequest(url=envelope.SigningCertURL or "", headers={})
    certificate, *further = answers
    if certificate.status != _SUCCESS:
        return not_fetched(certificate)
    refused = check_signature(envelope, certificate.body)
    if refused is not None:
        return refused
    if envelope.Type == SUBSCRIPTION:
        found = _confirmed(envelope, topic, further)
    else:
        found = _mail(envelope, channel, topic, further, now)
    if isinstance(found, FetchRequest | NotFetched):
        return found
    return joined_parts([certificate.body, *([found.body] if found else [])])


def kept_mail(content: FetchedContent) -> bytes | None:
    """Return the mail that was fetched; None where there was none to fetch.

    Raises: Unreadable.
    """
    certificate, *mail = split_parts(content) or [b""]
    if not certificate:
        raise Unreadable("what was fetched is not what is kept of a message of SNS")
    return mail[0] if mail else None


def _confirmed(
    envelope: Envelope, topic: Topic, answers: Sequence[FetchAnswer]
) -> FetchRequest | FetchAnswer | NotFetched:
    """Confirm the subscription, at the host of SNS; SubscribeURL says nothing else."""
    if not answers:
        confirming = {
            "Action": "ConfirmSubscription",
            "TopicArn": topic.arn,
            "Token": envelope.Token or "",
        }
        return FetchRequest(url=f"https://{topic.host('sns')}/?{urlencode(confirming)}", headers={})
    return answers[0] if answers[0].status == _SUCCESS else not_fetched(answers[0])


def _mail(
    envelope: Envelope,
    channel: Channel,
    topic: Topic,
    answers: Sequence[FetchAnswer],
    now: datetime,
) -> FetchRequest | FetchAnswer | NotFetched | None:
    place = read_told(envelope.Message or "").place
    if place is None:
        return None
    return next_object_step(place, topic, channel.credential, answers, now)

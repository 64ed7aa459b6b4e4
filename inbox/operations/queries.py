"""Reads the queries of the operator's lists. Knows no request and no statement."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from domain.bulk import JobStatus
from domain.event import EventKind, SignatureResult
from domain.recovery import Chosen, JobKind
from domain.text import clean_text
from inbox.http.parameters import (
    NotAcceptable,
    Parameters,
    number_up_to,
    one_of,
    read_addresses,
    read_time,
    read_uuid,
)
from providers import receipt_words
from store.event_listing import EventStatus
from store.jobs import JobFilter
from store.ops_events import OpsEventFilter
from store.quarantine import QuarantineFilter

DEFAULT_LIMIT = 50
MOST_ROWS = 200

_STATUSES: Mapping[str, EventStatus] = {word: word for word in get_args(EventStatus)}
_KINDS: Mapping[str, EventKind] = {word: word for word in get_args(EventKind)}
_SIGNATURES: Mapping[str, SignatureResult] = {word: word for word in get_args(SignatureResult)}
_JOB_KINDS: Mapping[str, JobKind] = {word: word for word in get_args(JobKind)}
_JOB_STATUSES: Mapping[str, JobStatus] = {word: word for word in get_args(JobStatus)}
_TRUTHS: Mapping[str, bool] = {"true": True, "false": False}

_WORD = re.compile(r"[A-Za-z0-9_.]{1,100}")
_LONGEST_PROVIDER_ID = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class EventQuery:
    wanted: OpsEventFilter
    limit: int
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetterQuery:
    wanted: Chosen
    limit: int
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineQuery:
    wanted: QuarantineFilter
    limit: int
    cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobQuery:
    wanted: JobFilter
    limit: int
    cursor: str | None


def parse_event_query(pairs: Sequence[tuple[str, str]]) -> EventQuery:
    """Read the query of the list of events.

    Raises: UnknownParameter, ValidationFailed.
    """
    given = Parameters(
        pairs, "channel_id", "kind", "status", "error_class", "provider_message_id", "address",
        "signature", "since", "until", "limit", "cursor",
    )  # fmt: skip
    wanted = OpsEventFilter(
        channel_id=given.read("channel_id", read_uuid, None),
        kind=given.read("kind", one_of(_KINDS), None),
        status=given.read("status", one_of(_STATUSES), None),
        error_class=given.read("error_class", read_word, None),
        provider_message_id=given.read("provider_message_id", _provider_message_id, None),
        receipt_words=receipt_words(),
        addresses=given.read("address", read_addresses, ()),
        signature=given.read("signature", one_of(_SIGNATURES), None),
        since=given.read("since", read_time, None),
        until=given.read("until", read_time, None),
    )
    query = EventQuery(wanted=wanted, limit=_limit(given), cursor=given.read("cursor", str, None))
    given.finish()
    return query


def parse_detail_query(pairs: Sequence[tuple[str, str]]) -> bool:
    """Read whether what was received is to be shown as it is.

    Raises: UnknownParameter, ValidationFailed.
    """
    given = Parameters(pairs, "unmask")
    is_unmasked = given.read("unmask", one_of(_TRUTHS), False)
    given.finish()
    return is_unmasked


def parse_failure_query(pairs: Sequence[tuple[str, str]]) -> datetime | None:
    """Read since when failures are to be counted.

    Raises: UnknownParameter, ValidationFailed.
    """
    given = Parameters(pairs, "since")
    since = given.read("since", read_time, None)
    given.finish()
    return since


def parse_dead_letter_query(pairs: Sequence[tuple[str, str]]) -> DeadLetterQuery:
    """Read the query of the list of dead letters.

    Raises: UnknownParameter, ValidationFailed.
    """
    given = Parameters(
        pairs, "error_class", "provider", "channel_id", "since", "until", "limit", "cursor"
    )
    wanted = Chosen(
        error_class=given.read("error_class", read_word, None),
        provider=given.read("provider", read_word, None),
        channel_id=given.read("channel_id", read_uuid, None),
        since=given.read("since", read_time, None),
        until=given.read("until", read_time, None),
    )
    query = DeadLetterQuery(
        wanted=wanted, limit=_limit(given), cursor=given.read("cursor", str, None)
    )
    given.finish()
    return query


def parse_quarantine_query(pairs: Sequence[tuple[str, str]]) -> QuarantineQuery:
    """Read the query of the list of refused deliveries.

    Raises: UnknownParameter, ValidationFailed.
    """
    given = Parameters(
        pairs, "channel_id", "reason", "released", "since", "until", "limit", "cursor"
    )
    wanted = QuarantineFilter(
        channel_id=given.read("channel_id", read_uuid, None),
        reason=given.read("reason", read_word, None),
        is_released=given.read("released", one_of(_TRUTHS), None),
        since=given.read("since", read_time, None),
        until=given.read("until", read_time, None),
    )
    query = QuarantineQuery(
        wanted=wanted, limit=_limit(given), cursor=given.read("cursor", str, None)
    )
    given.finish()
    return query


def parse_job_query(pairs: Sequence[tuple[str, str]]) -> JobQuery:
    """Read the query of the list of jobs.

    Raises: UnknownParameter, ValidationFailed.
    """
    given = Parameters(pairs, "kind", "status", "limit", "cursor")
    wanted = JobFilter(
        kind=given.read("kind", one_of(_JOB_KINDS), None),
        status=given.read("status", one_of(_JOB_STATUSES), None),
    )
    query = JobQuery(wanted=wanted, limit=_limit(given), cursor=given.read("cursor", str, None))
    given.finish()
    return query


def read_word(text: str) -> str:
    """Read a stable word: a class of failure, a provider, a reason.

    Raises: NotAcceptable.
    """
    if not _WORD.fullmatch(text):
        raise NotAcceptable("not_a_word", "1 to 100 letters, digits, _ or .")
    return text


def _limit(given: Parameters) -> int:
    return given.read("limit", number_up_to(MOST_ROWS), DEFAULT_LIMIT)


def _provider_message_id(text: str) -> str:
    if not 0 < len(text) <= _LONGEST_PROVIDER_ID:
        raise NotAcceptable("not_an_id", f"between 1 and {_LONGEST_PROVIDER_ID} characters")
    return clean_text(text)

"""The form of a new message: what was typed, where it can go, and what is wrong with it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.channel import ChannelKind
from domain.errors import Refusal
from domain.mailbox import parse_mailbox, split_mailboxes
from store.canned_replies import StoredCannedReply

_LONGEST_LINE = 20_000
_FIELDS: Mapping[str, tuple[str, str]] = {
    "channel_id": ("channel", "From"),
    "own_address": ("channel", "From"),
    "to": ("to", "To"),
    "cc": ("cc", "Cc"),
    "subject": ("subject", "Subject"),
    "body": ("text", "Message"),
    "attachment_ids": ("files", "Files"),
}
_MUST_BE = " must be "


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a person typed, as they typed it. Without an `own_address` it is the channel's first."""

    channel_id: str = ""
    own_address: str = ""
    to: str = ""
    cc: str = ""
    subject: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingChannel:
    """A channel to choose, by one of its own addresses.

    `obstacle` says why it cannot be, and is empty where it can.
    """

    id: str
    kind: ChannelKind
    kind_label: str
    name: str
    own_address: str
    most_characters: int
    obstacle: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessageView:
    """`problems` are by field, `problem` is about the whole; `focus` is where typing goes on."""

    channels: Sequence[SendingChannel]
    chosen: SendingChannel | None
    typed: Typed
    send_key: str
    canned: Sequence[StoredCannedReply]
    problems: Mapping[str, str]
    problem: str
    focus: str


def read_typed(form: Mapping[str, str]) -> Typed:
    """Read the form; what it lacks was left empty, as a browser does with what is disabled.

    What is chosen to send from is the id of a channel, a space, and one of its own addresses.
    """
    channel_id, _, own_address = form.get("channel_id", "").partition(" ")
    return Typed(
        channel_id=channel_id,
        own_address=own_address,
        to=form.get("to", "")[:_LONGEST_LINE],
        cc=form.get("cc", "")[:_LONGEST_LINE],
        subject=form.get("subject", "")[:_LONGEST_LINE],
        text=form.get("text", "").replace("\r\n", "\n"),
    )


def mailboxes(field: str) -> list[str]:
    """List the addresses of a field, whether they stand there with names or without."""
    return [parse_mailbox(mailbox).address for mailbox in split_mailboxes(field)]


def show_form(
    channels: Sequence[SendingChannel],
    canned: Sequence[StoredCannedReply],
    typed: Typed,
    *,
    send_key: str,
    refusal: Refusal | None,
) -> NewMessageView:
    """Show the form, with what a refusal says beside the fields that it names."""
    problems = _problems(refusal) if refusal else {}
    chosen = _chosen(channels, typed)
    return NewMessageView(
        channels=channels,
        chosen=chosen,
        typed=typed,
        send_key=send_key,
        canned=canned,
        problems=problems,
        problem=_sentence(refusal.detail) if refusal and not problems else "",
        focus=next(iter(problems), _next_field(chosen, typed)),
    )


def _chosen(channels: Sequence[SendingChannel], typed: Typed) -> SendingChannel | None:
    """Choose the channel that was chosen, or else the first that suits the address."""
    kind = "email" if "@" in typed.to else "sms"
    able = [channel for channel in channels if not channel.obstacle]
    chosen = [
        channel
        for channel in able
        if channel.id == typed.channel_id and typed.own_address in ("", channel.own_address)
    ]
    suiting = [channel for channel in able if channel.kind == kind] if typed.to.strip() else []
    return next(iter([*chosen, *suiting, *able]), None)


def _next_field(chosen: SendingChannel | None, typed: Typed) -> str:
    if not typed.to:
        return "to"
    return "subject" if chosen and chosen.kind == "email" and not typed.subject else "text"


def _problems(refusal: Refusal) -> dict[str, str]:
    problems: dict[str, str] = {}
    for error in refusal.errors:
        name, _, position = error.name.partition("[")
        if name not in _FIELDS:
            continue
        field, label = _FIELDS[name]
        number = position.removesuffix("]")
        subject = f"Address {int(number) + 1}" if number.isdigit() else label
        expected = error.detail.partition(_MUST_BE)[2]
        sentence = f"{subject}{_MUST_BE}{expected}" if expected else error.detail
        problems.setdefault(field, _sentence(sentence))
    return problems


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."

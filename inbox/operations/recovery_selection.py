"""Which dead letters or events are meant, as an address or a form says it, and back again."""

from dataclasses import dataclass

from domain.errors import Malformed
from domain.recovery import EventSelection
from inbox.http.values import parse_id, read_word
from inbox.operations.page_filters import Given
from inbox.page.display_format import Clock

FILTERS = ("error_class", "provider", "channel_id", "since", "until")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is meant, and the fields that say it again."""

    selection: EventSelection
    fields: list[tuple[str, str]]


def read_selection(given: Given, clock: Clock) -> EventSelection:
    """Read the filters; what is wrong is noted in `given`."""
    return EventSelection(
        error_class=given.read("error_class", read_word),
        provider=given.read("provider", read_word),
        channel_id=given.id("channel_id"),
        since=given.time("since", clock),
        until=given.time("until", clock),
    )


def read_asked(pairs: list[tuple[str, str]], clock: Clock) -> Asked:
    """Read what an action is about: the events that were chosen, or else all that match.

    Where boxes can be ticked and none was, none is meant; that must never read as all.

    Raises: Malformed.
    """
    is_by_name = any(name in ("chosen", "id", "ids") for name, _ in pairs)
    named = [
        event_id for name, value in pairs if name in ("id", "ids") for event_id in value.split()
    ]
    if is_by_name:
        ids = [parse_id(event_id) for event_id in named]
        if None in ids:
            raise Malformed("an id must be that of an event")
        known = tuple(dict.fromkeys(event_id for event_id in ids if event_id))
        return Asked(selection=EventSelection(ids=known), fields=[("ids", " ".join(known))])
    given = Given(pairs, *FILTERS)
    selection = read_selection(given, clock)
    if given.problems:
        name, problem = next(iter(given.problems.items()))
        raise Malformed(f"{name}: {problem[:1].lower()}{problem[1:]}")
    return Asked(selection=selection, fields=list(given.values.items()))

"""Reads a query strictly into the struct that an endpoint declares; its fields are the parameters.

Every part at fault is named at once. Knows no list, no request and no statement.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from types import NoneType
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

import msgspec

from domain.errors import FieldError, UnknownParameter, ValidationFailed
from inbox.http.values import TRUTHS, NotAcceptable, Reads, one_of, read_time, some_of

_MOST_REPEATED = 10
_LONGEST_NAME = 320
_TOO_OFTEN = ("repeated", "too_many")
_OF_EVERY_LIST = ("limit", "cursor")


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of an endpoint; as it stands, none. A tuple of texts may be repeated."""

    def conflicts(self) -> Iterator[FieldError]:
        """Name the parameters that cannot be given as they were."""
        yield from ()


Q = TypeVar("Q", bound=Query)


def read_query(pairs: Sequence[tuple[str, str]], shape: type[Q]) -> Q:
    """Read the parameters of a request.

    Raises: UnknownParameter, ValidationFailed.
    """
    known = _parameters(shape)
    _check_known(pairs, known)
    values: dict[str, Any] = {}
    errors: list[FieldError] = []
    for name, parameter in known.items():
        texts = [text for given, text in pairs if given == name]
        try:
            if texts or parameter.is_required:
                values[name] = parameter.read(texts)
        except NotAcceptable as refused:
            verb = "may" if refused.code in _TOO_OFTEN else "must"
            errors.append(query_error(name, refused.code, f"{name} {verb} be {refused.detail}"))
    query = shape(**values) if not errors else None
    errors.extend(query.conflicts() if query else ())
    if query is None or errors:
        raise ValidationFailed("; ".join(error.detail for error in errors), tuple(errors))
    return query


def query_error(name: str, code: str, detail: str) -> FieldError:
    """Name a parameter that is wrong."""
    return FieldError(location="query", name=name[:_LONGEST_NAME], code=code, detail=detail)


class _Parameter(NamedTuple):
    parse: Callable[[str], Any]
    may_repeat: bool
    is_required: bool

    def read(self, texts: Sequence[str]) -> Any:
        if not texts:
            raise NotAcceptable("missing", "given")
        if self.may_repeat:
            if len(texts) > _MOST_REPEATED:
                raise NotAcceptable("too_many", f"given {_MOST_REPEATED} times")
            return tuple(self.parse(text) for text in texts)
        if len(texts) > 1:
            raise NotAcceptable("repeated", "given once")
        return self.parse(texts[0])


@cache
def _parameters(shape: type[Query]) -> dict[str, _Parameter]:
    """Find out by its type how each field is read; what every list has comes last."""
    hints = get_type_hints(shape, include_extras=True)
    required = {field.name for field in msgspec.structs.fields(shape) if field.required}
    names = sorted(hints, key=lambda name: name in _OF_EVERY_LIST)
    return {name: _parameter(hints[name], is_required=name in required) for name in names}


def _parameter(hint: Any, *, is_required: bool) -> _Parameter:
    parts = [part for part in get_args(hint) if part is not NoneType]
    if get_origin(hint) is Annotated:
        [parse] = [reader.parse for reader in parts if isinstance(reader, Reads)]
    elif get_origin(hint) is Literal:
        parse = one_of({word: word for word in parts})
    elif get_origin(hint) is tuple and get_origin(parts[0]) is Literal:
        parse = some_of({word: word for word in get_args(parts[0])})
    elif get_origin(hint) is tuple:
        return _parameter(parts[0], is_required=is_required)._replace(may_repeat=True)
    elif parts:
        return _parameter(parts[0], is_required=is_required)
    else:
        parse = _PLAIN[hint]
    return _Parameter(parse, may_repeat=False, is_required=is_required)


_PLAIN: dict[Any, Callable[[str], Any]] = {bool: one_of(TRUTHS), datetime: read_time, str: str}


def _check_known(pairs: Sequence[tuple[str, str]], known: Iterable[str]) -> None:
    unknown = [name for name in dict.fromkeys(name for name, _ in pairs) if name not in known]
    if unknown:
        shown = ", ".join(f"'{name[:40]}'" for name in unknown[:5])
        raise UnknownParameter(
            f"unknown parameter {shown}; known: {', '.join(known) or 'none'}",
            tuple(query_error(name, "unknown_parameter", "is not known here") for name in unknown),
        )

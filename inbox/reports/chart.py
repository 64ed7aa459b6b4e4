"""Charts as the page draws them: bars and lines in a box of 1000 by 100, stretched to its place.

Axes are texts of the page, so they stay readable however narrow it is. Colours are classes. Knows
no figure's name.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from inbox.reports.report import Value
from inbox.reports.words import write_value

WIDTH, HEIGHT = 1000, 100
_GAP = 0.25
_MOST_LABELS, _FEWER_LABELS = 7, 5
# What the top of an axis may be: numbers that people count in, and for durations those of clocks.
_STEPS = (1, 2, 4, 5, 10)
_SECONDS = (
    10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 28800, 43200, 86400, 172800, 432800,
    604800, 1209600, 2592000, 5184000, 15552000, 31104000,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One colour of a chart; `number` is that of its colour."""

    name: str
    label: str
    number: int
    values: Sequence[Value]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar, and what is said where a pointer rests on it."""

    x: float
    y: float
    width: float
    height: float
    number: int
    said: str


@dataclass(frozen=True, slots=True)
class Line:
    """Pieces of a line: it is broken where there is no value. A single value is a point."""

    number: int
    pieces: Sequence[str]
    dots: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """All that a template needs; `ticks` from top to bottom, `labels` from left to right."""

    title: str
    summary: str
    series: Sequence[Series]
    bars: Sequence[Bar]
    lines: Sequence[Line]
    ticks: Sequence[str]
    labels: Sequence[str]
    has_all_labels: bool


def draw(
    title: str,
    kind: Literal["bars", "lines"],
    series: Sequence[Series],
    labels: Sequence[str],
) -> Chart | None:
    """Draw a chart; None where there is nothing to draw."""
    known = [value for each in series for value in each.values if value is not None]
    if not known or not any(known):
        return None
    unit = series[0].name
    top = _top(max(known), unit)
    return Chart(
        title=title,
        summary=_summary(series, labels),
        series=series,
        bars=_bars(series, labels, top) if kind == "bars" else (),
        lines=[_line(each, top) for each in series] if kind == "lines" else (),
        ticks=[write_value(unit, top), write_value(unit, top / 2), write_value(unit, 0)],
        labels=_thinned(labels),
        has_all_labels=len(labels) <= _MOST_LABELS,
    )


def _bars(series: Sequence[Series], labels: Sequence[str], top: float) -> list[Bar]:
    group = WIDTH / max(len(labels), 1)
    width = group * (1 - _GAP) / len(series)
    bars: list[Bar] = []
    for position, each in enumerate(series):
        for index, value in enumerate(each.values):
            if value:
                height = HEIGHT * value / top
                left = index * group + group * _GAP / 2 + position * width
                said = f"{labels[index]}: {write_value(each.name, value)} {each.label}"
                bars.append(
                    Bar(
                        _round(left), _round(HEIGHT - height), _round(width), _round(height),
                        each.number, said,
                    )
                )  # fmt: skip
    return bars


def _line(series: Series, top: float) -> Line:
    step = WIDTH / max(len(series.values), 1)
    pieces: list[list[tuple[float, float]]] = [[]]
    for index, value in enumerate(series.values):
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append((_round((index + 0.5) * step), _round(HEIGHT - HEIGHT * value / top)))
    return Line(
        series.number,
        [" ".join(f"{x},{y}" for x, y in piece) for piece in pieces if len(piece) > 1],
        [piece[0] for piece in pieces if len(piece) == 1],
    )


def _top(highest: float, unit: str) -> float:
    """Find where the axis ends: at or above the highest value."""
    if unit.endswith("_share"):
        return 1
    if unit.endswith("_seconds"):
        return next((step for step in _SECONDS if step >= highest), highest)
    power = 1
    while power * 10 < highest:
        power *= 10
    return max(2, next(step * power for step in _STEPS if step * power >= highest))


def _summary(series: Sequence[Series], labels: Sequence[str]) -> str:
    said: list[str] = []
    for each in series:
        known = [(value, index) for index, value in enumerate(each.values) if value is not None]
        if known:
            highest, index = max(known, key=lambda found: found[0])
            said.append(f"{each.label}: highest {write_value(each.name, highest)}, {labels[index]}")
    return "; ".join(said) + ". The table has every value."


def _thinned(labels: Sequence[str]) -> list[str]:
    """Leave as many labels as there is room for: the first, the last, and some between."""
    if len(labels) <= _MOST_LABELS:
        return list(labels)
    last = len(labels) - 1
    return [labels[round(last * each / (_FEWER_LABELS - 1))] for each in range(_FEWER_LABELS)]


def _round(number: float) -> float:
    return round(number, 2)

"""Text that strangers wrote: of each step the kind that takes it longest, and how it grows."""

from bench.figures import Figure, Target, figure
from bench.hostile_steps import MOST_GROWTH, STEPS, growth
from bench.plan import Plan

SECTION = "hostile"

_GROWS = Target(most=MOST_GROWTH)


def measure(plan: Plan) -> list[Figure]:
    """Feed every step all that is hostile to it."""
    figures: list[Figure] = []
    length = plan.sizes.hostile_length
    for name, step in STEPS.items():
        found = {kind: growth(step, write, length) for kind, write in step.kinds.items()}
        worst = max(found, key=lambda kind: found[kind].seconds)
        steepest = max(found, key=lambda kind: found[kind].factor or 0.0)
        plan.say(f"{name} is done")
        figures.append(
            figure(
                SECTION,
                f"{name}, {length >> 10:,} KiB: {worst}",
                1000 * found[worst].seconds,
                " ms",
            )
        )
        factor = found[steepest].factor
        if factor is not None:
            label = f"{name}, growth per doubling: {steepest}"
            figures.append(figure(SECTION, label, factor, " x", _GROWS))
    return figures

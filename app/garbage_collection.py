"""How seldom a process that works through batches looks for garbage. Knows nothing else."""

import gc

_YOUNG = 50_000  # a batch makes and drops some tens of thousands of objects, few in a cycle
_MIDDLE, _OLD = 20, 50


def collect_rarely() -> None:
    """Leave what was there at the start alone, and look through the rest a hundredth as often.

    A worker remembers hundreds of thousands of addresses; going through them all with Python's own
    thresholds takes a tenth of its time, in pauses of tens of milliseconds.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)

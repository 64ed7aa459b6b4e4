"""The processes apart that work on long texts, as whoever looks at the machine sees them."""

import psutil


def text_processes(starter: psutil.Process | None = None) -> list[psutil.Process]:
    """List those that a process started; without one, this process."""
    children = (starter or psutil.Process()).children()
    return [child for child in children if "app.long_text_process" in child.cmdline()]

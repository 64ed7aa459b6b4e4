"""Says where an error came from without repeating its message, which may quote data."""

from traceback import walk_tb


def where_raised(error: BaseException) -> str:
    """Name the innermost places an error came through.

    Shape: `file.py:12 function` joined by ` < `, innermost first.
    """
    frames = list(walk_tb(error.__traceback__))[-4:]
    places = [
        f"{frame.f_code.co_filename.rsplit('/', 1)[-1]}:{line} {frame.f_code.co_name}"
        for frame, line in frames
    ]
    return " < ".join(reversed(places))

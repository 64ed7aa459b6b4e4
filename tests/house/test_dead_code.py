"""No code that nothing uses: vulture over the whole checkout.

What templates and the API's contract name counts as used: views and answers are written whole.
"""

import re

from source_files import ROOT, name_of, python_files
from vulture import Vulture

_LEAST_CONFIDENCE = 60
_COMMANDS = ["@app.command"]
# A library calls or reads these.
_FOR_LIBRARIES = [
    "pytest_*", "_split_scope", "allow_unix_socket",  # pytest, pytest-xdist, pytest-socket
    "do_GET", "do_POST", "log_message", "args", "daemon_threads",  # the standard library
    "handle_starttag", "handle_data",  # the same
    "urlpatterns",  # django
    "send_400_response", "msg", "disconnected", "http", "should_exit",  # uvicorn
    "handle_*", "smtp_*", "line_length_limit", "command_size_limit*", "_create_envelope",
    "_getaddr", "_timeout_cb",  # aiosmtpd
    "HTTPScope", "RequestResponseCycle",  # named in strings
]  # fmt: skip
# Enumerations that are gone through and records that are written to a file, both whole.
_WRITTEN_WHOLE = ("bench/machine.py", "bench/report.py", "tests/faults/deadly_provider.py")


def test_all_code_is_used() -> None:
    vulture = Vulture(ignore_names=_FOR_LIBRARIES, ignore_decorators=_COMMANDS)
    vulture.scavenge(python_files())  # pyright: ignore[reportUnknownMemberType]
    vulture.used_names.update(_names_outside())  # pyright: ignore[reportUnknownMemberType]

    unused = [
        f"{name_of(item.filename)}:{item.first_lineno} {item.typ} {item.name}"
        for item in vulture.get_unused_code(min_confidence=_LEAST_CONFIDENCE)
        if not (item.typ == "variable" and name_of(item.filename) in _WRITTEN_WHOLE)
    ]

    assert unused == []


def _names_outside() -> set[str]:
    paths = [*ROOT.glob("inbox/**/*.html"), ROOT / "docs/openapi.yaml"]
    return {name for path in paths for name in re.findall(r"[A-Za-z_]\w*", path.read_text())}

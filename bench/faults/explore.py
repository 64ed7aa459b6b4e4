"""`python -m bench.faults.explore SECONDS`: coverage-guided search for inputs that reach new code.

Needs the extra `fuzz` (atheris). Feeds every adapter, keeps what reached something new as
`corpus.json`, and fails at an exception that an adapter may not raise.
"""

import subprocess
import sys
from base64 import b64encode
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from bench.faults.corpus import CORPUS, corpus

_LONGEST = 2048
_MOST_KEPT = 400
_SEARCH = "--search"
# Imported late: only what is imported under its eyes does atheris follow.
_ADAPTERS = "bench.faults.adapters"


def main(seconds: str) -> None:
    """Search for so long, starting from what was kept before."""
    samples = import_module(_ADAPTERS).samples()
    with TemporaryDirectory() as folder:
        for number, body in enumerate([*samples, *corpus()]):
            (Path(folder) / f"kept-{number}").write_bytes(body)
        # libFuzzer ends its own process, so it gets one.
        result = subprocess.run(
            [sys.executable, "-m", "bench.faults.explore", _SEARCH, folder, seconds], check=False
        )
        _keep(Path(folder))
    sys.exit(result.returncode)


def _search(folder: str, seconds: str) -> None:
    atheris = import_module("atheris")
    with atheris.instrument_imports(include=["providers", "domain", "worker.reading.normalise"]):
        adapters = import_module(_ADAPTERS)

    def feed(data: bytes) -> None:  # libFuzzer takes no answer
        adapters.feed(data)

    limits = [f"-max_total_time={seconds}", f"-max_len={_LONGEST}"]
    atheris.Setup([sys.argv[0], folder, *limits], feed)
    atheris.Fuzz()


def _keep(folder: Path) -> None:
    found = {path.read_bytes() for path in folder.iterdir()}
    shortest = sorted(found, key=lambda body: (len(body), body))[:_MOST_KEPT]
    kept = [b64encode(body).decode() for body in shortest]
    CORPUS.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")


if __name__ == "__main__":
    if sys.argv[1] == _SEARCH:
        _search(*sys.argv[2:4])
    else:
        main(sys.argv[1])

"""Clients that others' generators make of the contract: made without a warning, and they work.

Each generator is in an environment of its own, kept in `.venv`: their bounds clash with ours. The
webhooks are left out, for no client of the API calls them. Without a package index, or without npx,
the test of that generator is skipped.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
_GENERATORS = ROOT / ".venv" / "generators"
_PYTHON_CLIENT = "openapi-python-client==0.29.1"
_TYPESCRIPT = "openapi-typescript@7.9.1"
_COMPILER = "typescript@5.9.3"
_PATIENCE_SECONDS = 600
# What is no JSON comes as text, and nothing is formatted afterwards.
_CONFIG: Mapping[str, object] = {
    "content_type_overrides": {"application/yaml": "text/plain"},
    "post_hooks": [],
}
_USES_IT = """
import importlib, json, pkgutil, sys
import inlet_client
from inlet_client.api.channels import change_channel, list_channels
from inlet_client.models.channel_change_body import ChannelChangeBody
from inlet_client.models.channel_setup import ChannelSetup

for module in pkgutil.walk_packages(inlet_client.__path__, "inlet_client."):
    importlib.import_module(module.name)
example = json.loads(sys.argv[1])
assert ChannelSetup.from_dict(example).to_dict() == example
assert ChannelChangeBody(account=None, enabled=False).to_dict() == {
    "account": None, "enabled": False,
}
client = inlet_client.AuthenticatedClient(base_url="http://127.0.0.1:9", token="key")
assert callable(list_channels.sync) and callable(change_channel.sync_detailed)
"""

_USES_TYPES = """
import type { paths, components } from "./inlet";
type Schemas = components["schemas"];
export const change: Schemas["ChannelChangeBody"] = { account: null, enabled: false };
export const nameOf = (channel: Schemas["ChannelSetup"]): string => channel.name;
export type Listing = paths["/api/channels"]["get"];
"""


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    document = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text(encoding="utf-8"))
    paths = document["paths"].items()
    document["paths"] = {path: item for path, item in paths if path.startswith("/api/")}
    file = tmp_path / "contract.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def test_a_python_client_is_generated_and_works(contract: Path, tmp_path: Path) -> None:
    python = _environment_of(_PYTHON_CLIENT)
    config = tmp_path / "config.json"
    config.write_text(json.dumps(_CONFIG), encoding="utf-8")
    made = ("--path", str(contract), "--output-path", str(tmp_path / "inlet_client"))
    words = ("generate", *made, "--meta", "none", "--fail-on-warning", "--config", str(config))
    generated = _run(str(python.parent / "openapi-python-client"), *words)
    assert generated.returncode == 0, generated.stdout
    used = _run(str(python), "-c", _USES_IT, json.dumps(_example(contract)), folder=tmp_path)
    assert used.returncode == 0, used.stderr


def test_types_for_typescript_are_generated_and_compile(contract: Path, tmp_path: Path) -> None:
    npx = shutil.which("npx") or pytest.skip("npx is not here")
    types = tmp_path / "inlet.d.ts"
    generator, compiler = (npx, "--yes", _TYPESCRIPT), (npx, "--yes", "-p", _COMPILER, "tsc")
    for tool in (generator, compiler):
        if _run(*tool, "--version").returncode:
            pytest.skip(f"{tool[-1]} cannot be had here")
    generated = _run(*generator, str(contract), "-o", str(types))
    assert generated.returncode == 0, generated.stderr
    user = tmp_path / "user.ts"
    user.write_text(_USES_TYPES, encoding="utf-8")
    checked = _run(*compiler, "--noEmit", "--strict", "--target", "es2022", str(user))
    assert checked.returncode == 0, checked.stdout


def _environment_of(package: str) -> Path:
    """Return the Python of an environment that has a package, made where there is none yet."""
    folder = _GENERATORS / package
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        _run(sys.executable, "-m", "venv", "--clear", str(folder))
        install = ("-m", "pip", "install", "-qq", "--disable-pip-version-check", package)
        if _run(str(python), *install).returncode:
            pytest.skip(f"{package} cannot be had here")
        (folder / "ready").touch()
    return python


def _example(contract: Path) -> Any:
    """Return what the contract gives as an example of a channel."""
    document = json.loads(contract.read_bytes())
    answer = document["paths"]["/api/channels/{id}"]["get"]["responses"]["200"]
    return answer["content"]["application/json"]["examples"]["one"]["value"]


def _run(*words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    command: Sequence[str] = words
    return subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_SECONDS,
        check=False,
    )

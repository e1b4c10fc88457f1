"""The settlement cycle under faults: `scripts/faults.py` for a few hundred of them; and that it can see."""

import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest

SCRIPTS: Final = Path(__file__).parents[1] / "scripts"
RUNS: Final = 200
CARELESS: Final = """
import sys
sys.path.insert(0, sys.argv.pop(1))
import faults
from lxr.settlement.bank import transfers
transfers.make_folder = lambda path: path.mkdir(exist_ok=True)  # and nothing is synced
sys.exit(faults.main())
"""

Disk = Any  # scripts are no package that is installed
Check = Callable[[Path, Disk], None]


def faults(*words: object) -> subprocess.CompletedProcess[str]:
    """In a process of its own: it forks, which one with other tests' threads must not."""
    return subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, timeout=600)


@pytest.mark.slow
def test_after_a_fault_at_any_point_the_same_command_again_comes_to_the_same() -> None:
    ran = faults(SCRIPTS / "faults.py", "--runs", RUNS, "--seed", 1)
    assert 0 == ran.returncode, ran.stdout + ran.stderr
    assert f" {RUNS} runs " in ran.stdout
    assert ran.stdout.endswith(" 0 failed\n")


@pytest.mark.slow
def test_a_folder_that_is_not_synced_is_found_out_and_the_fault_can_be_repeated() -> None:
    one = ("--match", "employer deposit E001 500.00 --reference 1: end", "--kind", "lost", "--runs", 1)
    ran = faults("-c", CARELESS, SCRIPTS, *one)
    assert 1 == ran.returncode, ran.stdout + ran.stderr
    assert "--seed 1 --only 14:" in ran.stderr
    assert "bank/inbox/" in ran.stderr
    assert ran.stdout.endswith(" 1 failed\n")


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    monkeypatch.syspath_prepend(SCRIPTS)
    (tmp_path / "attic").mkdir()
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "old").write_bytes(b"12345678")
    return import_module("faultlab.disk").Disk(tmp_path / "attic")


def overwrite(path: Path, disk: Disk) -> None:
    disk.write(str(path / "old"), 4, b"abcdefgh")
    (path / "old").write_bytes(b"1234abcdefgh")


def cut_short(path: Path, disk: Disk) -> None:
    disk.truncate(str(path / "old"), 2)
    (path / "old").write_bytes(b"12")


def make(path: Path, disk: Disk) -> None:
    (path / "new").write_bytes(b"")
    disk.made(str(path / "new"))


def remove(path: Path, disk: Disk) -> None:
    disk.removing(str(path / "old"))
    (path / "old").unlink()


def replace(path: Path, disk: Disk) -> None:
    (path / "new").write_bytes(b"new")
    disk.sync(str(path))
    disk.moving(str(path / "new"), str(path / "old"))
    (path / "new").replace(path / "old")


def make_directory(path: Path, disk: Disk) -> None:
    (path / "new").mkdir()
    disk.made_directory(str(path / "new"))
    (path / "new" / "file").write_bytes(b"")


def held(path: Path) -> dict[str, bytes | None]:
    return {each.name: each.read_bytes() if each.is_file() else None for each in path.iterdir()}


CHANGES: Final[list[tuple[Check, dict[str, bytes | None], dict[str, bytes | None]]]] = [
    (overwrite, {"old": b"12345678"}, {"old": b"1234abcdefgh"}),
    (cut_short, {"old": b"12345678"}, {"old": b"12"}),
    (make, {"old": b"12345678"}, {"old": b"12345678", "new": b""}),
    (remove, {"old": b"12345678"}, {}),
    (replace, {"old": b"12345678", "new": b"new"}, {"old": b"new"}),
    (make_directory, {"old": b"12345678"}, {"old": b"12345678", "new": None}),
]


@pytest.mark.parametrize(("change", "before", "after"), CHANGES)
def test_what_was_not_synced_is_gone_after_a_power_cut_and_what_was_is_there(
    tmp_path: Path, disk: Disk, change: Check, before: dict[str, bytes | None], after: dict[str, bytes | None]
) -> None:
    place = tmp_path / "disk"
    change(place, disk)
    assert after == held(place)
    disk.cut(lambda: False, halves=False)
    assert before == held(place)
    change(place, disk)
    for path in (place, *(path for path in place.iterdir() if path.is_file())):
        disk.sync(str(path))
    disk.cut(lambda: False, halves=False)
    assert after == held(place)


def test_a_torn_write_leaves_its_first_half(tmp_path: Path, disk: Disk) -> None:
    overwrite(tmp_path / "disk", disk)
    disk.cut(lambda: False, halves=True)
    assert {"old": b"1234abcd"} == held(tmp_path / "disk")


def test_of_several_writes_any_may_survive_alone(tmp_path: Path, disk: Disk) -> None:
    file = tmp_path / "disk" / "old"
    for offset, data in ((8, b"first"), (13, b"second")):
        disk.write(str(file), offset, data)
    file.write_bytes(b"12345678firstsecond")
    survives = iter([False, True])
    disk.cut(lambda: next(survives), halves=False)
    assert b"12345678\0\0\0\0\0second" == file.read_bytes()


def test_the_same_seed_picks_the_same_faults_and_the_ends_of_commands_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(SCRIPTS)
    lab = import_module("faultlab.lab")
    kinds = list(import_module("faultlab.points").FaultKind)
    every = [lab.Case(command, point, kind) for command in (1, 2) for point in range(1, 30) for kind in kinds]
    ends = {case for case in every if case.point == 29 and case.kind == "lost"}
    picked = lab.chosen(every, ends, 40, 7)
    assert picked == lab.chosen(every, ends, 40, 7)
    assert (sorted(ends), 40) == (picked[:2], len(set(picked)))
    assert {(command, kind) for command in (1, 2) for kind in kinds} == {(case.command, case.kind) for case in picked}

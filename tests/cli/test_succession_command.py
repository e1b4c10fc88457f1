"""The commands of docs/succession.md, as they are written: to another embedded ledger, and to one on Fabric."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

import consortium
from commandline import LXR, ROOT, Lxr, refused, steps, walkthrough
from fabricnet import needed_fabric
from lxr.chaincode.workers import workers
from lxr.network.fabric.ports import free_base_port
from lxr.node.client import Client
from lxr.node.embedded import EmbeddedLedger
from lxr.settlement.terms.terms_file import read_terms

PAGE: Final = "docs/succession.md"
LEDGERS: Final = ("embedded", pytest.param("fabric", marks=pytest.mark.fabric))
VARIABLES: Final = {"LXR_PASSPHRASE": consortium.PASSPHRASE.decode()}
EXAMPLE: Final = ROOT / "examples" / "terms_riders.toml"


@dataclass(frozen=True)
class Rollover:
    """A ledger with workers, and where the next one will be."""

    old: Path
    new: Path
    workers: tuple[str, ...]

    def play(self, until: str = "ledger audit") -> list[Any]:
        """Give the commands of the page up to one, and what they end with."""
        said = {"NEXT": str(self.new), "OLD": str(self.old), "examples/terms_riders.toml": str(EXAMPLE)}
        ended: list[Any] = []
        for step in steps(walkthrough(PAGE)):
            words = [said.get(word, word) for word in step.words]
            words = [str(self.old.parent / word) if word in ("closing.json", "e001.json") else word for word in words]
            if self.new.exists():  # it is on a network, which has the organisations already
                words = words[: words.index("--organisations")] if "--organisations" in words else words
            told = Lxr(self.old, step.at, VARIABLES).json(*words)
            ended.append(told)
            if "proposal" in told:
                said["PROPOSAL"] = told["proposal"]
            if "audit" in words and "height" in told:
                said.setdefault("HEIGHT", str(told["height"]))
            if " ".join(step.words).endswith(until):
                break
        return ended


@pytest.fixture
def rollover(tmp_path: Path) -> Rollover:
    house = consortium.House(tmp_path)
    team = house.employ(workers=3, document=read_terms(EXAMPLE, "E001").document)
    house.people.close()
    house.close()
    return Rollover(house.consortium.directory, tmp_path / "next", tuple(team.workers.values()))


@pytest.fixture(params=LEDGERS)
def either(request: pytest.FixtureRequest, rollover: Rollover) -> Iterator[Rollover]:
    """The next ledger on a file, or on a network of the same organisations."""
    if request.param == "embedded":
        yield rollover
        return
    needed_fabric()
    lxr = Lxr(rollover.new, None, VARIABLES)
    up = (
        "network",
        "up",
        rollover.new,
        "--rehearsal",
        "--base-port",
        free_base_port(),
        "--organisations",
        rollover.old,
    )
    try:
        assert 0 == lxr(*up).code
        yield rollover
    finally:
        lxr("network", "down")


def test_the_commands_of_the_page_carry_the_workers_over_to_either_ledger(either: Rollover) -> None:
    *_, carried, shown, audited = either.play()
    assert {"employer": "E001", "workers": 3, "waiting": 0} == carried
    assert ("2026-09-01", True) == (shown["predecessor"]["first_day"], audited["ok"])
    lxr = Lxr(either.new, "2026-09-02T09:00", VARIABLES)
    assert 3 == len(lxr.json("employer", "roster", "E001")["workers"])  # with the union's store
    assert 0 == lxr("worker", "balance", either.workers[0]).code


def test_every_command_of_a_rollover_again_changes_nothing(rollover: Rollover) -> None:
    rollover.play()
    lxr = Lxr(rollover.new, "2026-09-01T02:00", VARIABLES)
    e001 = rollover.old.parent / "e001.json"
    assert 0 == lxr.json("successor", "carry-over", e001)["workers"]
    assert {"E001": 0} == Lxr(rollover.old, "2026-09-01T02:00", VARIABLES).json("successor", "registers")["written"]


def test_what_is_wrong_with_a_rollover_is_said_in_one_line(rollover: Rollover) -> None:
    rollover.play("export E001 HEIGHT --out e001.json")
    home, old = rollover.old.parent, Lxr(rollover.old, "2026-09-01T01:00", VARIABLES)
    follows = ("--predecessor", home / "closing.json", "--first-day", "2026-09-01")
    given = ("init", rollover.new, "--rehearsal", *follows)
    assert "belong together" in old(*given[:-2], "--organisations", rollover.old).err
    stranger = old(*given)  # with organisations of its own
    assert (1, True) == (stranger.code, "signature 1 of the predecessor's checkpoint does not hold" in stranger.err)
    assert (
        "no consortium here"
        in old("init", home / "other", "--rehearsal", *follows, "--organisations", home / "nowhere").err
    )
    (home / "broken.json").write_text("{}")
    assert "holds no closing registers" in refused(old, 1, "successor", "carry-over", home / "broken.json")
    assert "does not lead to the root" in refused(old, 1, "successor", "carry-over", home / "e001.json")
    assert (
        "is no checkpoint"
        in old("init", home / "other", "--rehearsal", "--predecessor", home / "broken.json", *follows[2:]).err
    )
    assert "Unknown" not in old("successor", "export", "E009", "5", "--out", home / "e009.json").err


def test_in_chinese_too(rollover: Rollover) -> None:
    """The language is that of the process."""
    rollover.play("ledger checkpoint HEIGHT --out closing.json")
    home = rollover.old.parent
    height = re.search(r'"height":(\d+)', (home / "closing.json").read_text())
    assert height is not None
    own = {"LXR_DIR": str(rollover.old), "LXR_AT": "2026-09-01T01:00", "LXR_LANG": "zh"}

    def said(*words: str) -> str:
        ran = subprocess.run([LXR, *words], env={**os.environ, **VARIABLES, **own}, capture_output=True, check=False)
        return (ran.stdout + ran.stderr).decode()

    exported = said("successor", "export", "E001", height[1], "--out", str(home / "e001.json"))
    assert f"E001: 导出期末名册 2 份，按高度 {height[1]} 证明" in exported
    assert "第 1 份证明未导向前一账本期末检查点的根" in said("successor", "carry-over", str(home / "e001.json"))


def test_the_store_of_people_and_the_keys_of_workers_are_the_same_in_the_next_directory(rollover: Rollover) -> None:
    rollover.play()
    with closing(EmbeddedLedger.open(rollover.new / "ledger.db")) as ledger:
        there = {key[0] for key, _ in Client.reading(ledger).scan(workers)}
    assert set(rollover.workers) == there
    for name in ("ca.crt", "ca.key", "auditor.crt"):
        parts = ("orgs", "bank", name)
        assert rollover.old.joinpath(*parts).read_bytes() == rollover.new.joinpath(*parts).read_bytes()
    assert not (rollover.new / "orgs" / "bank" / "seen.json").exists()  # memory is of one ledger

"""Every command on a Fabric network, beside the same command on the embedded ledger."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir, closing
from functools import partial
from pathlib import Path
from random import Random

import pytest

os.environ["LXR_LANG"] = "en"  # before lxr.cli is imported: the language is that of the process

from commandline import EXAMPLES, PLACES, ROOT, Lxr, steps, walkthrough
from fabricnet import fabric_network, ledger_of, needed_fabric
from lxr.chaincode.caller import ORGANISATIONS
from lxr.network.consortium import open_consortium
from lxr.network.fabric import network
from lxr.network.fabric.ports import free_base_port
from lxr.node.embedded import EmbeddedLedger
from lxr.settlement.people import roster
from samestate import rows, shown

pytestmark = pytest.mark.fabric
SMALL = ("--employers", "2", "--workers", "12", "--seed", "7")
DEMO = {"LXR_PASSPHRASE": "rehearsal"}


@pytest.fixture
def walked(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """Two directories with the examples: in the first, a network is up, whose ledger is not founded."""
    needed_fabric()
    for place in (tmp_path / "fabric", tmp_path / "embedded"):
        place.mkdir()
        shutil.copytree(EXAMPLES, place / "examples")
    there = tmp_path / "fabric" / "my-rehearsal"
    up = Lxr(there)("network", "up", there, "--rehearsal", "--base-port", free_base_port())
    try:
        assert 0 == up.code, up
        yield tmp_path / "fabric", tmp_path / "embedded"
    finally:
        network.down(open_consortium(there))


def salt_of(numbers: Random) -> str:
    """Whoever draws from the same numbers has the same workers."""
    return numbers.randbytes(32).hex()


def test_each_command_of_the_readme_answers_the_same_on_both_ledgers(
    walked: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    on_fabric, embedded = walked
    salts = {engine: Random("the same workers") for engine in ("fabric", "embedded")}
    for step in steps(walkthrough()):
        answers = []
        for place, engine in ((on_fabric, "fabric"), (embedded, "embedded")):
            monkeypatch.setattr(roster.register, "__defaults__", (partial(salt_of, salts[engine]),))
            lxr = Lxr(place / "my-rehearsal", step.at)
            named = () if step.words[0] == "init" else ("--ledger", f"{engine}:{place / 'my-rehearsal'}")
            with chdir(place):
                ran = lxr("--json", *named, *step.words)
            assert (0, "") == (ran.code, ran.err), (engine, str(step), ran)
            answers.append(shown(ran.json))
        assert answers[0] == answers[1], str(step)
    consortium = open_consortium(on_fabric / "my-rehearsal")
    with closing(EmbeddedLedger.open(embedded / "my-rehearsal" / "ledger.db")) as ledger:
        expected = rows(ledger)
    for organisation in ORGANISATIONS:
        with closing(ledger_of(consortium, organisation)) as node:
            assert expected == rows(node), organisation


def test_a_demo_ends_with_the_same_figures_and_the_same_state_on_both_ledgers(tmp_path: Path) -> None:
    embedded = Lxr(tmp_path / "embedded", variables=DEMO)
    figures = embedded("demo", "--json", *SMALL, "--keep", tmp_path / "embedded").json
    with fabric_network(tmp_path / "net", name="demo", passphrase=b"rehearsal") as consortium:
        lxr = Lxr(tmp_path / "net", variables=DEMO)
        ran = lxr("demo", "--ledger", f"fabric:{tmp_path / 'net'}", "--json", *SMALL)
        assert (0, "") == (ran.code, ran.err), ran
        assert figures == ran.json
        with (
            closing(EmbeddedLedger.open(tmp_path / "embedded" / "ledger.db")) as ledger,
            closing(ledger_of(consortium)) as node,
        ):
            assert rows(ledger) == rows(node)
        again = lxr("demo", "--ledger", f"fabric:{tmp_path / 'net'}", *SMALL)
        assert (2, "") == (again.code, again.out)
        assert "its ledger is in use" in again.err


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_both_readmes_have_the_same_commands_on_fabric(readme: str) -> None:
    assert on_fabric("README.md") == on_fabric(readme) != ""


def test_the_commands_of_the_readme_on_fabric_run_as_written(tmp_path: Path) -> None:
    needed_fabric()
    (tmp_path / "scripts").symlink_to(ROOT / "scripts")
    settings = {name: value for name, value in os.environ.items() if not name.startswith("LXR_") or name in PLACES}
    settings["PATH"] = f"{Path(sys.executable).parent}:{settings['PATH']}"
    command = ["bash", "-euc", on_fabric("README.md")]
    try:
        ran = subprocess.run(command, cwd=tmp_path, env=settings, capture_output=True, text=True, check=False)
        assert (0, "") == (ran.returncode, ran.stderr), ran
    finally:
        network.down(open_consortium(tmp_path / "my-network"))


def on_fabric(readme: str) -> str:
    """The commands that bring up a network and use it."""
    return "".join(re.findall(r"^```bash\n(.*?)^```", (ROOT / readme).read_text("utf-8"), re.DOTALL | re.MULTILINE))

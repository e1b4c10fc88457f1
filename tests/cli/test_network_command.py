"""lxr network: what it says without a network, and once through a real one."""

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from commandline import Lxr
from fabricnet import needed_fabric
from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.ledger_refusals import ContractMissing
from lxr.cli.commands import network as commands
from lxr.network.consortium import found
from lxr.network.fabric.binaries import SAMPLES, TOOLS
from lxr.network.fabric.description import HOST, describe
from lxr.network.fabric.founding import found_fabric
from lxr.network.fabric.ports import free_base_port

DONE, REFUSED, USAGE = 0, 1, 2
NODES = tuple(f"{organisation}-{kind}" for kind in ("orderer", "contract", "peer") for organisation in ORGANISATIONS)
YEAR = timedelta(days=365)


def pretended(place: Path) -> Path:
    """An installation of Fabric that can say its version, and nothing else."""
    for folder in ("bin", "config"):
        (place / folder).mkdir(parents=True)
    for tool in TOOLS:
        (place / "bin" / tool).write_text("#!/bin/sh\necho ' Version: v3.1.5'\n")
        (place / "bin" / tool).chmod(0o755)
    for name in SAMPLES:
        (place / "config" / name).touch()
    return place


@pytest.fixture
def lxr(tmp_path: Path) -> Lxr:
    """At a Fabric consortium, newly founded: its nodes have never run."""
    now = datetime.now(UTC)
    fabric = describe(ORGANISATIONS, base_port=free_base_port())
    found_fabric(tmp_path / "c", "luoxiaorong", False, b"a passphrase", now, now + YEAR, fabric)
    return Lxr(tmp_path / "c", variables={"LXR_FABRIC": str(pretended(tmp_path / "fabric"))})


def refused(lxr: Lxr, code: int, *words: object) -> str:
    ran, told = lxr("network", *words), lxr("--json", "network", *words)
    assert (code, code, "") == (ran.code, told.code, told.err), (ran, told)
    assert 1 == len(ran.err.splitlines()), ran.err
    assert isinstance(json.loads(told.out), dict)
    return ran.err


def test_without_fabric_nothing_is_made_and_the_line_says_how_to_get_it(tmp_path: Path) -> None:
    lxr = Lxr(tmp_path, variables={"LXR_FABRIC": str(tmp_path / "nowhere"), "PATH": ""})
    line = refused(lxr, REFUSED, "up", tmp_path / "new", "--rehearsal")
    assert "run scripts/install-fabric" in line
    assert not (tmp_path / "new").exists()


def test_a_port_that_is_taken_is_named_before_anything_is_made(tmp_path: Path) -> None:
    lxr = Lxr(tmp_path, variables={"LXR_FABRIC": str(pretended(tmp_path / "fabric"))})
    base = free_base_port()
    with socket.create_server((HOST, base + 7)):
        line = refused(lxr, USAGE, "up", tmp_path / "new", "--rehearsal", "--base-port", base)
    assert f"--base-port: {base + 7} cannot be listened on: " in line
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--name", "another"], "--name: the consortium in {} has luoxiaorong"),
        (["--ordering", "raft"], "--ordering: the consortium in {} has bft"),
        (["--base-port", "9000"], "--base-port: the consortium in {} has "),
        (["--rehearsal"], "--rehearsal: the consortium in {} has no rehearsal"),
    ],
)
def test_a_consortium_that_is_there_is_not_taken_for_another(lxr: Lxr, option: list[str], said: str) -> None:
    assert said.format(lxr.directory) in refused(lxr, USAGE, "up", lxr.directory, *option)


@pytest.mark.parametrize(
    "words", [["up", "--ordering", "solo"], ["up", "--base-port", "65530"], ["logs", "--lines", "-1"]]
)
def test_an_option_out_of_its_range_is_a_fault_of_usage(lxr: Lxr, words: list[str]) -> None:
    command, *options = words
    refused(lxr, USAGE, command, lxr.directory, *options)


@pytest.mark.parametrize("command", ["status", "down", "doctor"])
def test_an_embedded_consortium_has_no_network(tmp_path: Path, command: str) -> None:
    now = datetime.now(UTC)
    found(tmp_path / "c", "test", False, b"a passphrase", now, now + YEAR)
    lxr = Lxr(tmp_path / "c", variables={"LXR_FABRIC": str(pretended(tmp_path / "fabric"))})
    assert "an embedded consortium; it has no network" in refused(lxr, REFUSED, command)
    assert "an embedded consortium; it has no network" in refused(lxr, REFUSED, "up", lxr.directory)


def test_status_names_every_node_also_when_all_are_down(lxr: Lxr) -> None:
    nodes = lxr.json("network", "status")["nodes"]
    assert dict.fromkeys(NODES) == {node["name"]: node["pid"] for node in nodes}


def test_the_directory_may_be_an_argument_instead_of_an_option(lxr: Lxr, tmp_path: Path) -> None:
    elsewhere = Lxr(tmp_path, variables=lxr.variables)
    assert lxr.json("network", "status") == elsewhere.json("network", "status", lxr.directory)


def test_down_stops_nothing_where_nothing_runs(lxr: Lxr) -> None:
    assert {"stopped": []} == lxr.json("network", "down")


def test_a_node_that_there_is_not_is_answered_with_those_that_there_are(lxr: Lxr) -> None:
    for words in (["restart", "union-peers"], ["logs", "union-peers"]):
        assert "no node 'union-peers'; expected one of union-orderer" in refused(lxr, REFUSED, *words)


def test_the_name_of_an_organisation_is_answered_with_its_nodes_first(lxr: Lxr) -> None:
    said = "no node 'bank'; expected one of bank-peer, bank-orderer, bank-contract, union-orderer"
    assert said in refused(lxr, REFUSED, "restart", "bank")


def test_logs_shows_the_last_lines_of_a_node(lxr: Lxr) -> None:
    assert "bank-peer: has not been started yet" in refused(lxr, REFUSED, "logs", "bank-peer")
    log = lxr.directory / "nodes" / "bank" / "peer" / "log"
    log.write_bytes(b"one\n[two]\n\xff\n")
    assert "[two]\n\ufffd\n" == lxr("network", "logs", "bank-peer", "--lines", "2").out
    assert [] == lxr.json("network", "logs", "bank-peer", "--lines", "0")["lines"]
    assert ["one", "[two]", "\ufffd"] == lxr.json("network", "logs", "bank-peer")["lines"]


def test_what_others_have_written_into_a_log_moves_no_cursor_and_turns_no_letters(lxr: Lxr) -> None:
    log = lxr.directory / "nodes" / "bank" / "peer" / "log"
    log.write_bytes("\x1b[2J\u202eabc\x07\n".encode())
    assert "\\x1b[2J\\u202eabc\\x07\n" == lxr("network", "logs", "bank-peer").out
    assert ["\\x1b[2J\\u202eabc\\x07"] == lxr.json("network", "logs", "bank-peer")["lines"]


def test_logs_that_are_followed_end_well_when_they_are_stopped(lxr: Lxr, monkeypatch: pytest.MonkeyPatch) -> None:
    log = lxr.directory / "nodes" / "bank" / "peer" / "log"
    log.write_text("first\n")
    written = iter(["sec", "ond\nthird\n"])

    def meanwhile(_: float) -> None:
        if (more := next(written, None)) is None:
            raise KeyboardInterrupt
        with log.open("a") as file:
            file.write(more)

    monkeypatch.setattr(time, "sleep", meanwhile)
    ran = lxr("network", "logs", "bank-peer", "--follow")
    assert (DONE, "first\nsecond\nthird\n", "") == (ran.code, ran.out, ran.err)
    assert "--follow and --json" in lxr("--json", "network", "logs", "bank-peer", "--follow").json["message"]


def test_the_doctor_ends_with_1_only_where_something_is_bad(lxr: Lxr) -> None:
    sound = lxr("network", "doctor")
    assert DONE == sound.code, sound
    assert {"ok", "warn"} == {line.split()[0] for line in sound.out.splitlines()}
    key = lxr.directory / "orgs" / "bank" / "teller.key"
    key.chmod(0o604)
    ran = lxr("network", "doctor")
    assert (REFUSED, 1) == (ran.code, len(ran.err.splitlines()))
    assert f"bad  {key}: mode 0604 lets others at this key; expected 0600" in ran.out.splitlines()
    told = lxr("--json", "network", "doctor")
    assert (REFUSED, False, "") == (told.code, told.json["ok"], told.err)
    assert [str(key)] == [each["subject"] for each in told.json["findings"] if each["level"] == "bad"]


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Lxr]:
    """At a directory for a real network, which is stopped in the end."""
    needed_fabric()
    places = ("LXR_FABRIC", "LXR_FABRIC_BIN")
    lxr = Lxr(tmp_path / "c", variables={name: os.environ[name] for name in places if name in os.environ})
    yield lxr
    if lxr.directory.exists():
        lxr("network", "down")


@pytest.mark.fabric
def test_a_network_comes_up_in_one_command_and_goes_down_and_up_again(network: Lxr) -> None:
    options = ["--rehearsal", "--ordering", "raft", "--base-port", str(free_base_port())]
    first = network("network", "up", network.directory, *options)
    assert (DONE, "") == (first.code, first.err)
    assert f"lxr --ledger fabric:{network.directory} ..." in first.out
    before = {node["name"]: node["pid"] for node in network.json("network", "status")["nodes"]}
    assert [] == [name for name, pid in before.items() if pid is None]

    again = network.json("network", "up", network.directory, *options)
    assert (list(before), "raft", True) == (again["nodes"], again["ordering"], again["rehearsal"])
    assert {"restarted": "bank-peer"} == network.json("network", "restart", "bank-peer")
    after = {node["name"]: node["pid"] for node in network.json("network", "status")["nodes"]}
    assert {"bank-peer"} == {name for name in before if before[name] != after[name]}

    found = network.json("network", "doctor")["findings"]
    (alike,) = [each["what"] for each in found if each["subject"] == "versions"]
    assert alike.startswith(f"alike at union, employer, bank, regulator: release {metadata.version('lxr')}, contract ")
    os.kill(after["bank-contract"], signal.SIGTERM)
    findings = network("--json", "network", "doctor").json["findings"]
    (silent,) = [each for each in findings if each["what"].startswith("does not say what it runs: ")]
    assert ("warn", "bank-contract") == (silent["level"], silent["subject"])
    network.json("network", "down")
    assert [] == [each for each in network.json("network", "doctor")["findings"] if "versions" in each["subject"]]
    network.json("network", "up", network.directory)
    assert list(before) == network.json("network", "down")["stopped"]
    assert network.json("network", "up", network.directory)["nodes"] == list(before)


def test_the_doctor_of_a_machine_without_the_contract_in_force_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its copy of the ledger stops at the first transaction under that contract, so nothing is read of it any more."""
    monkeypatch.setattr("lxr.network.fabric.network.status", lambda _: [SimpleNamespace(running=True)])

    class Behind:
        consortium = None

        @property
        def ledger(self) -> None:
            raise ContractMissing(contract="ab" * 32)

    found: Any = Behind()
    assert ("ab" * 32, []) == commands._told_by_the_ledger(found)

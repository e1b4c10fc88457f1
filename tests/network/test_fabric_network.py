"""A Fabric network of real processes: up, down, and up again from wherever it was left."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from consortium import PASSPHRASE
from fabricnet import VALID_FROM, VALID_TO, needed_fabric
from lxr.chaincode.caller import ORGANISATIONS
from lxr.network.consortium import Consortium, open_consortium
from lxr.network.fabric.binaries import Fabric
from lxr.network.fabric.connection import connection
from lxr.network.fabric.deploy import Deployer
from lxr.network.fabric.description import Ordering, describe
from lxr.network.fabric.faults import NetworkFault
from lxr.network.fabric.founding import found_fabric
from lxr.network.fabric.network import STEPS, down, log_path, restart, status, up
from lxr.network.fabric.ports import free_base_port
from lxr.network.keyfile import KeyFault
from lxr.node.fabric.answers import READ, encode_keys, encode_values
from lxr.node.fabric.client.gateway import Gateway

pytestmark = pytest.mark.fabric


@pytest.fixture(scope="module")
def fabric() -> Fabric:
    return needed_fabric()


@contextmanager
def founded(directory: Path, ordering: Ordering = "raft") -> Iterator[Consortium]:
    """Found, not yet up; at the end it is down, and nothing of it runs any more."""
    description = describe(ORGANISATIONS, ordering=ordering, base_port=free_base_port())
    consortium = found_fabric(directory / "c", "a", True, PASSPHRASE, VALID_FROM, VALID_TO, description)
    try:
        yield consortium
    finally:
        down(consortium)
        assert [] == processes_of(directory)


def processes_of(directory: Path) -> list[str]:
    """What runs with this directory in its command line or environment, by the system's own account."""
    listed = subprocess.run(["ps", "eww", "-A", "-o", "pid=,stat=,args="], stdout=subprocess.PIPE, check=True)
    lines = listed.stdout.decode(errors="replace").splitlines()
    return [line for line in lines if f"{directory}/c/nodes" in line and line.split()[1][0] != "Z"]


@pytest.fixture(scope="module")
def network(fabric: Fabric, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    """All four order; it is up before each test, which may do to it what it likes."""
    with founded(tmp_path_factory.mktemp("network 网"), "bft") as consortium:
        up(consortium, PASSPHRASE, fabric)
        yield consortium


def answers_of(consortium: Consortium, organisation: str) -> list[bytes]:
    """What the contract of each organisation says through the gateway of this one."""
    gateway = Gateway(connection(consortium, organisation), connection(consortium, organisation).peers[0])
    try:
        return [gateway.evaluate(READ, [encode_keys(["none"])], [each]) for each in ORGANISATIONS]
    finally:
        gateway.close()


def pids_of(consortium: Consortium) -> dict[str, int]:
    return {each.name: each.pid for each in status(consortium) if each.pid is not None}


def heights_of(consortium: Consortium) -> set[int | None]:
    return {each.height for each in status(consortium) if each.kind == "peer"}


EVERY_NODE = {f"{organisation}-{kind}" for organisation in ORGANISATIONS for kind in ("peer", "orderer", "contract")}


def test_every_contract_answers_through_every_gateway(network: Consortium) -> None:
    assert [[encode_values([None])] * 4] * 4 == [answers_of(network, each) for each in ORGANISATIONS]


def test_the_status_names_every_node_with_its_memory_and_a_peers_blocks(network: Consortium) -> None:
    assert EVERY_NODE == pids_of(network).keys()
    for each in status(network):
        assert each.memory_bytes is not None
        assert 10_000_000 < each.memory_bytes < 1_000_000_000
        assert (each.kind == "peer") == (each.height is not None)


def test_up_again_changes_nothing_and_tells_its_steps(network: Consortium, fabric: Fabric) -> None:
    before, heights, told = pids_of(network), heights_of(network), list[str]()
    up(network, PASSPHRASE, fabric, told.append)
    assert (before, heights) == (pids_of(network), heights_of(network))
    assert list(STEPS) == told


def test_after_all_processes_are_killed_up_goes_on_with_what_they_hold(network: Consortium, fabric: Fabric) -> None:
    before = pids_of(network)
    heights = heights_of(network)
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    up(network, PASSPHRASE, fabric)
    after = pids_of(network)
    assert EVERY_NODE == after.keys()
    assert not set(before.values()) & set(after.values())
    assert max(filter(None, heights)) == max(filter(None, heights_of(network)))
    assert [encode_values([None])] * 4 == answers_of(network, "regulator")


def test_up_brings_back_only_what_is_down(network: Consortium, fabric: Fabric) -> None:
    before = pids_of(network)
    killed = {"bank-peer", "union-orderer", "employer-contract"}
    for name in killed:
        os.kill(before[name], signal.SIGKILL)
    up(network, PASSPHRASE, fabric)
    after = pids_of(network)
    assert killed == {name for name in EVERY_NODE if before[name] != after[name]}
    assert [encode_values([None])] * 4 == answers_of(network, "bank")


def test_a_restart_is_of_one_node_and_appends_to_its_log(network: Consortium, fabric: Fabric) -> None:
    before = pids_of(network)
    log = log_path(network, "bank-contract").read_bytes()
    restart(network, fabric, "bank-contract")
    after = pids_of(network)
    assert {"bank-contract"} == {name for name in EVERY_NODE if before[name] != after[name]}
    assert log_path(network, "bank-contract").read_bytes().startswith(log)
    assert [encode_values([None])] * 4 == answers_of(network, "bank")  # the peer has found it again by itself


def test_nobody_else_can_read_what_a_node_holds(network: Consortium) -> None:
    for path in (network.directory / "nodes").rglob("*"):
        assert not path.lstat().st_mode & 0o077, path


def test_no_key_of_an_officer_is_left_in_the_clear(network: Consortium) -> None:
    plain = {
        path.relative_to(network.directory).parts[0]
        for path in network.directory.rglob("*")
        if path.is_file() and path.suffix in (".key", ".pem") and b"BEGIN PRIVATE KEY" in path.read_bytes()
    }
    assert {"nodes"} == plain


def test_a_port_that_another_has_is_one_line_that_names_node_and_port(fabric: Fabric, tmp_path: Path) -> None:
    with founded(tmp_path) as consortium, socket.socket() as listening:
        assert consortium.fabric is not None
        port = consortium.fabric.nodes["bank"].peer_operations
        listening.bind(("127.0.0.1", port))
        listening.listen()
        with pytest.raises(NetworkFault) as caught:
            up(consortium, PASSPHRASE, fabric)
        why = "Address already in use"
        assert f"bank-peer: cannot listen on port {port} of 127.0.0.1 (peer_operations): {why}" == str(caught.value)


def test_one_orderer_will_do_a_broken_off_deployment_is_taken_up_and_a_moved_network_comes_up(
    fabric: Fabric, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks_off(_: Deployer) -> None:
        raise KeyboardInterrupt

    with founded(tmp_path, "raft") as consortium:
        with monkeypatch.context() as patched:
            patched.setattr(Deployer, "commit", breaks_off)
            with pytest.raises(KeyboardInterrupt):
                up(consortium, PASSPHRASE, fabric)
        up(consortium, PASSPHRASE, fabric)
        assert [[encode_values([None])] * 4] * 4 == [answers_of(consortium, each) for each in ORGANISATIONS]
        assert EVERY_NODE - {f"{each}-orderer" for each in ORGANISATIONS[1:]} == pids_of(consortium).keys()
        down(consortium)
        (tmp_path / "moved").mkdir()
        moved = open_consortium(consortium.directory.rename(tmp_path / "moved/c"))
        try:
            up(moved, PASSPHRASE, fabric)
            assert [encode_values([None])] * 4 == answers_of(moved, "employer")
        finally:
            down(moved)
        assert [] == processes_of(tmp_path / "moved")


def test_a_node_that_ends_at_once_is_named_with_what_it_said(fabric: Fabric, tmp_path: Path) -> None:
    with founded(tmp_path) as consortium:
        (consortium.nodes_dir("bank") / "peer/msp/signcerts/member.crt").unlink()
        with pytest.raises(
            NetworkFault,
            match=r"^bank-peer ended: .* no signing certificate found in .*signcerts.*\(log: .*/bank/peer/log\)$",
        ):
            up(consortium, PASSPHRASE, fabric)


def test_a_wrong_passphrase_starts_nothing(fabric: Fabric, tmp_path: Path) -> None:
    with founded(tmp_path) as consortium:
        with pytest.raises(KeyFault, match="wrong passphrase"):
            up(consortium, b"barley", fabric)
        assert {} == pids_of(consortium)


def test_a_pid_file_from_before_names_no_process_of_today(fabric: Fabric, tmp_path: Path) -> None:
    with founded(tmp_path) as consortium:
        pid_file = consortium.nodes_dir("bank") / "peer/pid"
        pid_file.write_text(f"{os.getpid()} an-earlier-boot 1\n")
        assert {} == pids_of(consortium)
        with pytest.raises(NetworkFault, match="no node 'bank-pear'"):
            restart(consortium, fabric, "bank-pear")
        down(consortium)  # and this test goes on

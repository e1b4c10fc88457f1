"""What a Fabric consortium is made of before any of it runs: no binaries are needed."""

import json
import os
import socket
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from fabric_protos.common import common_pb2

from consortium import PASSPHRASE
from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.certificates import check_certificate
from lxr.chaincode.refusals import CertificateRefused
from lxr.network.authority import ATTRIBUTES_OID
from lxr.network.consortium import Consortium, found, open_consortium
from lxr.network.fabric import process_table
from lxr.network.fabric.admins import admins
from lxr.network.fabric.builder import builder_directory, write_builder
from lxr.network.fabric.channel import configtx, first_block_hash, genesis_block
from lxr.network.fabric.commands import run, telling_line, without_fabric_settings
from lxr.network.fabric.connection import connection
from lxr.network.fabric.description import PORTS, FabricDescription, describe
from lxr.network.fabric.faults import NetworkFault
from lxr.network.fabric.founding import found_fabric
from lxr.network.fabric.network import down, status
from lxr.network.fabric.nodes import Node, node_named, nodes_of
from lxr.network.fabric.package import package_path, write_package
from lxr.network.fabric.ports import free_base_port, why_taken
from lxr.network.fabric.service import service_config_path, write_service_config
from lxr.network.keyfile import KeyFault
from lxr.node.fabric.service.config import read_config

NOW = datetime.now(UTC)
FROM, TO = NOW - timedelta(days=15 * 365), NOW + timedelta(days=10 * 365)  # as a rehearsal's are


def founded_at(directory: Path, **choices: Any) -> Consortium:
    return found_fabric(directory, "洛小茸", True, PASSPHRASE, FROM, TO, describe(ORGANISATIONS, **choices))


@pytest.fixture(scope="module")
def consortium(tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    return founded_at(tmp_path_factory.mktemp("material") / "c", hosts={"bank": "bank.example"})


@pytest.fixture
def description(consortium: Consortium) -> FabricDescription:
    assert consortium.fabric is not None
    return consortium.fabric


def certificate_at(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


IDENTITIES = [
    ("peer/msp/signcerts/member.crt", "peer"),
    ("orderer/msp/signcerts/member.crt", "orderer"),
    ("client/client.crt", "client"),
]


@pytest.mark.parametrize("organisation", ORGANISATIONS)
@pytest.mark.parametrize(("path", "unit"), IDENTITIES)
def test_each_organisation_vouches_for_its_own_nodes_and_says_what_each_is(
    consortium: Consortium, organisation: str, path: str, unit: str
) -> None:
    certificate = certificate_at(consortium.nodes_dir(organisation) / path)
    certificate.verify_directly_issued_by(certificate_at(consortium.org_dir(organisation) / "ca.crt"))
    units = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    assert [unit] == [each.value for each in units]
    assert ATTRIBUTES_OID not in {extension.oid for extension in certificate.extensions}  # no role in the contract


CONNECTIONS = ["peer", "orderer", "orderer/client", "contract", "contract/client"]


@pytest.mark.parametrize("organisation", ORGANISATIONS)
@pytest.mark.parametrize("place", CONNECTIONS)
def test_what_opens_connections_comes_from_another_authority_and_signs_nothing_for_the_ledger(
    consortium: Consortium, organisation: str, place: str
) -> None:
    path = consortium.nodes_dir(organisation) / place / "tls.crt"
    certificate_at(path).verify_directly_issued_by(certificate_at(consortium.org_dir(organisation) / "tlsca.crt"))
    with pytest.raises(CertificateRefused, match="foreign"):
        check_certificate(path.read_text(), consortium.roots(), int(NOW.timestamp() * 1000))


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("union/peer", ["localhost", IPv4Address("127.0.0.1")]),
        ("bank/peer", ["bank.example", "localhost", IPv4Address("127.0.0.1")]),
        ("bank/orderer", ["bank.example", "localhost", IPv4Address("127.0.0.1")]),
        ("bank/contract", ["localhost", IPv4Address("127.0.0.1")]),  # it serves the peer beside it only
    ],
)
def test_a_servers_certificate_names_the_places_where_it_is_reached(
    consortium: Consortium, path: str, names: list[str | IPv4Address]
) -> None:
    certificate = certificate_at(consortium.directory / "nodes" / path / "tls.crt")
    alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert sorted(map(str, names)) == sorted(str(each.value) for each in alternatives)


def test_nodes_certificates_are_valid_from_an_hour_ago_also_where_people_have_older_ones(
    consortium: Consortium,
) -> None:
    paths = [path for path in (consortium.directory / "nodes").rglob("*.crt") if path.parent.name[-7:] != "cacerts"]
    assert 4 * (len(IDENTITIES) + len(CONNECTIONS)) == len(paths)
    for path in paths:
        made = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        assert abs(certificate_at(path).not_valid_before_utc - (made - timedelta(hours=1))) < timedelta(minutes=5)


def test_directories_are_0700_files_0600_and_only_the_keys_of_nodes_are_plain(consortium: Consortium) -> None:
    for path in [consortium.directory, *consortium.directory.rglob("*")]:
        assert (0o700 if path.is_dir() else 0o600) == path.stat().st_mode & 0o777
        if path.is_file() and b"PRIVATE KEY" in path.read_bytes():
            of_a_node = path.is_relative_to(consortium.directory / "nodes")
            assert of_a_node == (b"BEGIN PRIVATE KEY" in path.read_bytes())


def test_no_repository_takes_in_what_lies_with_the_keys_of_nodes(consortium: Consortium) -> None:
    private = [consortium.directory / "nodes", *(consortium.nodes_dir(org) for org in ORGANISATIONS)]
    assert ["*\n"] * len(private) == [(directory / ".gitignore").read_text("utf-8") for directory in private]


def test_a_consortium_reads_back_as_it_was_founded(consortium: Consortium) -> None:
    assert consortium == open_consortium(consortium.directory)
    assert consortium.fabric == describe(ORGANISATIONS, hosts={"bank": "bank.example"})
    text = (consortium.directory / "consortium.toml").read_text()
    assert "fabric" == tomllib.loads(text)["engine"]
    assert "# This is a rehearsal" in text


def test_with_raft_one_organisation_orders_and_the_others_have_no_orderer(tmp_path: Path) -> None:
    made = founded_at(tmp_path / "c", ordering="raft")
    assert ["union-orderer"] == [node.name for node in nodes_of(made) if node.kind == "orderer"]
    assert ["union"] == [path.parent.name for path in tmp_path.glob("c/nodes/*/orderer")]
    ordering = configtx(made)["Profiles"]["Consortium"]["Orderer"]
    assert ("etcdraft", 1) == (ordering["OrdererType"], len(ordering["EtcdRaft"]["Consenters"]))


def test_every_port_is_another_and_tells_whose_it_is(description: FabricDescription) -> None:
    ports = [getattr(nodes, name) for nodes in description.nodes.values() for name in PORTS]
    assert len(set(ports)) == len(ports)
    assert {"union": 7051, "employer": 7061, "bank": 7071, "regulator": 7081} == {
        organisation: nodes.peer for organisation, nodes in description.nodes.items()
    }


@pytest.mark.parametrize(
    ("choice", "fault"),
    [
        ({"base_port": 0}, r"Expected `int` >= 1 - at `\$.nodes\[...\].orderer`"),
        ({"base_port": 65500}, "Expected `int` <= 65535"),
        ({"endorsements": 5}, r"Expected `int` <= 4 - at `\$.endorsements`"),
        ({"endorsements": 0}, "Expected `int` >= 1"),
        ({"block_ms": 0}, "Expected `int` >= 1"),
        ({"ordering": "solo"}, "Invalid enum value 'solo'"),
        ({"hosts": {"bank": "a host"}}, "Expected `str` matching regex"),
        ({"workers": -1}, "Expected `int` >= 0"),
    ],
)
def test_a_network_that_cannot_be_is_refused_in_one_line(choice: dict[str, Any], fault: str) -> None:
    with pytest.raises(KeyFault, match=fault) as caught:
        describe(ORGANISATIONS, **choice)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("peer = 7051", "peer = 70510", "Expected `int` <= 65535"),
        ("peer = 7051", "peer = 7062", r"field fabric.nodes.employer.peer_chaincode; 7062 is fabric.nodes.union.peer"),
        ("peer = 7051", "pear = 7051", "unknown field `pear`"),
        ("peer = 7051\n", "", "missing required field `peer`"),
        ("[fabric.nodes.bank]", "[fabric.nodes.court]", "field fabric.nodes; expected union, employer, bank"),
        ('engine = "fabric"', 'engine = "embedded"', "field fabric; expected with engine fabric"),
        ("endorsements = 3", "endorsements = 7", "Expected `int` <= 4"),
    ],
)
def test_a_wrong_description_is_one_line_that_names_the_file(
    consortium: Consortium, old: str, new: str, fault: str, tmp_path: Path
) -> None:
    text = (consortium.directory / "consortium.toml").read_text()
    assert old in text
    (tmp_path / "consortium.toml").write_text(text.replace(old, new))
    with pytest.raises(KeyFault, match=fault) as caught:
        open_consortium(tmp_path)
    assert str(caught.value).startswith(str(tmp_path / "consortium.toml"))
    assert "\n" not in str(caught.value)


def test_a_fabric_consortium_without_its_part_is_refused(tmp_path: Path) -> None:
    organisations = json.dumps(ORGANISATIONS)
    text = f'name = "a"\nrehearsal = false\nengine = "fabric"\norganisations = {organisations}\n'
    (tmp_path / "consortium.toml").write_text(text)
    with pytest.raises(KeyFault, match="field fabric; expected with engine fabric"):
        open_consortium(tmp_path)


def test_a_founding_that_fails_leaves_nothing(tmp_path: Path) -> None:
    past = NOW - timedelta(days=2)
    with pytest.raises(KeyFault, match="cannot end"):
        found_fabric(tmp_path / "c", "a", True, PASSPHRASE, FROM, past, describe(ORGANISATIONS))
    assert [] == list(tmp_path.iterdir())


def test_a_client_speaks_to_its_own_peer_first_under_its_organisations_name(tmp_path: Path) -> None:
    consortium = founded_at(tmp_path / "c", hosts={"bank": "bank.example"})
    with pytest.raises(NetworkFault, match="the network was never up"):
        connection(consortium, "bank")
    genesis_block(consortium).write_bytes(b"as configtxgen made it")
    found_connection = connection(consortium, "bank")
    assert b"as configtxgen made it" == found_connection.genesis_block
    assert ["bank", "union", "employer", "regulator"] == [peer.organisation for peer in found_connection.peers]
    assert "bank.example:7071" == found_connection.peers[0].address
    assert ("bank", "lxr", 3) == (
        found_connection.transport.organisation,
        found_connection.channel,
        found_connection.endorsements,
    )
    certificate = x509.load_pem_x509_certificate(found_connection.transport.certificate_pem.encode())
    assert found_connection.transport.private_key.public_key() == certificate.public_key()
    with pytest.raises(KeyFault, match="no organisation 'court'"):
        connection(consortium, "court")


def test_an_embedded_consortium_has_no_network(tmp_path: Path) -> None:
    embedded = found(tmp_path / "c", "a", True, PASSPHRASE, FROM, TO)
    calls: list[Callable[[Consortium], object]] = [status, down, lambda which: connection(which, "union")]
    for call in calls:
        with pytest.raises(NetworkFault, match="an embedded consortium; it has no network"):
            call(embedded)


def test_a_node_is_found_by_its_name(consortium: Consortium) -> None:
    node = node_named(consortium, "bank-peer")
    assert ("bank", "peer", "bank.example:7071") == (node.organisation, node.kind, node.address)
    assert {"peer": ("bank.example", 7071), "peer_chaincode": ("127.0.0.1", 7072)}.items() <= node.ports.items()
    with pytest.raises(NetworkFault, match="no node 'bank-pear'; expected one of union-orderer, "):
        node_named(consortium, "bank-pear")


def test_nothing_runs_that_was_not_started(consortium: Consortium) -> None:
    assert {(False, None, None)} == {(each.running, each.pid, each.height) for each in status(consortium)}


# --- what is written for the nodes ------------------------------------------------------------------------------------


@pytest.fixture
def contract(consortium: Consortium) -> Node:
    return node_named(consortium, "bank-contract")


def unpacked(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=BytesIO(archive)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


def test_a_package_leads_the_peer_to_its_own_contract_and_is_the_same_each_time(
    consortium: Consortium, contract: Node
) -> None:
    package_id = write_package(contract, consortium)
    assert package_id == write_package(contract, consortium)
    package = unpacked(package_path(contract).read_bytes())
    assert {"type": "ccaas", "label": "lxr"} == json.loads(package["metadata.json"])
    told = json.loads(unpacked(package["code.tar.gz"])["connection.json"])
    assert ("127.0.0.1:7076", True, True) == (told["address"], told["tls_required"], told["client_auth_required"])
    assert package_id != write_package(node_named(consortium, "union-contract"), consortium)


def test_the_contract_service_can_read_what_is_written_for_it(consortium: Consortium, contract: Node) -> None:
    block = common_pb2.Block(header=common_pb2.BlockHeader(data_hash=b"x"))
    genesis_block(consortium).write_bytes(block.SerializeToString())
    write_service_config(contract, consortium, "lxr:ab")
    config = read_config(service_config_path(contract))
    assert ("lxr:ab", "bank", 7076, 7077) == (
        config.package_id,
        config.organisation,
        config.listen.port,
        config.metrics.port if config.metrics else None,
    )
    assert (consortium.roots(), True) == (config.trust.roots, config.trust.rehearsal)
    assert ("lxr", first_block_hash(consortium)) == (config.trust.channel, config.trust.genesis_block)
    genesis_block(consortium).unlink()
    with pytest.raises(NetworkFault, match="the network was never up"):
        write_service_config(contract, consortium, "lxr:ab")


@pytest.mark.parametrize(("kind", "taken"), [("ccaas", True), ("golang", False)])
def test_the_builder_takes_a_package_of_a_service_and_no_other(
    consortium: Consortium, tmp_path: Path, kind: str, taken: bool
) -> None:
    peer = node_named(consortium, "union-peer")
    write_builder(peer)
    source, metadata, built, released = (tmp_path / name for name in ("source", "metadata", "built", "released"))
    for directory in (source, metadata, built, released):
        directory.mkdir()
    (metadata / "metadata.json").write_text(json.dumps({"type": kind, "label": "lxr"}))
    (source / "connection.json").write_text("{}")
    scripts = builder_directory(peer) / "bin"
    assert taken == (subprocess.run([scripts / "detect", source, metadata], check=False).returncode == 0)
    subprocess.run([scripts / "build", source, metadata, built], check=True)
    subprocess.run([scripts / "release", built, released], check=True)
    assert "{}" == (released / "chaincode/server/connection.json").read_text()


def test_all_four_order_and_a_majority_of_admins_changes_the_channel(consortium: Consortium) -> None:
    profile = configtx(consortium)["Profiles"]["Consortium"]
    ordering, application = profile["Orderer"], profile["Application"]
    assert list(ORGANISATIONS) == [each["MSPID"] for each in ordering["ConsenterMapping"]]
    assert "50ms" == ordering["SmartBFT"]["RequestBatchMaxInterval"]
    assert "10 MB" == ordering["BatchSize"]["AbsoluteMaxBytes"]
    assert "MAJORITY Endorsement" == application["Policies"]["LifecycleEndorsement"]["Rule"]
    assert {"MAJORITY Admins"} == {
        part["Policies"]["Admins"]["Rule"] for part in (profile, profile["Orderer"], application)
    }
    assert ["OR('union.peer')", "OR('employer.peer')", "OR('bank.peer')", "OR('regulator.peer')"] == [
        each["Policies"]["Endorsement"]["Rule"] for each in application["Organizations"]
    ]
    assert [[{"Host": "bank.example", "Port": 7071}]] == [
        each["AnchorPeers"] for each in application["Organizations"] if each["Name"] == "bank"
    ]


def test_admins_keys_are_in_the_clear_only_while_they_are_needed(consortium: Consortium) -> None:
    with admins(consortium, PASSPHRASE) as found_admins:
        for msp in found_admins.values():
            assert 0o700 == msp.parent.stat().st_mode & 0o777
            assert b"BEGIN PRIVATE KEY" in (msp / "keystore/key.pem").read_bytes()
            certificate_at(msp / "signcerts/member.crt")
    assert [False] * 4 == [msp.exists() for msp in found_admins.values()]
    with pytest.raises(KeyFault, match="wrong passphrase"), admins(consortium, b"barley"):
        pass


# --- processes and ports ----------------------------------------------------------------------------------------------


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


def test_a_port_that_is_listened_on_is_taken(listener: int) -> None:
    assert "Address already in use" == str(why_taken("127.0.0.1", listener))
    assert why_taken("127.0.0.1", free_base_port()) is None


def test_a_process_is_told_from_a_later_one_with_its_number_and_from_one_that_has_ended() -> None:
    program = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        first = process_table.started(child.pid)
        assert first is not None
        assert first == process_table.started(child.pid)
        assert first != process_table.started(os.getpid())
        memory_bytes = process_table.memory_bytes(child.pid)
        assert memory_bytes is not None
        assert 1_000_000 < memory_bytes < 1_000_000_000
        child.kill()
    assert (None, None) == (process_table.started(child.pid), process_table.memory_bytes(child.pid))


def test_without_a_proc_file_system_ps_says_the_same(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(process_table, "_PROC", tmp_path)
    monkeypatch.setattr(process_table, "_BOOT", tmp_path / "boot_id")
    first = process_table.started(os.getpid())
    assert first is not None
    assert first == process_table.started(os.getpid())
    memory_bytes = process_table.memory_bytes(os.getpid())
    assert memory_bytes is not None
    assert 1_000_000 < memory_bytes < 2_000_000_000
    with subprocess.Popen(["true"]) as ended:
        pass
    assert (None, None) == (process_table.started(ended.pid), process_table.memory_bytes(ended.pid))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", ""),
        ("one\ntwo\n\n", "two"),
        ("Error: no such file\nUsage:\n  peer\n", "Error: no such file"),
        ("a\npanic: no room\n\ngoroutine 1:\nmain.go\n", "panic: no room"),
        ("2026 ERROR [a] bad\n2026 WARN [a] odd\n", "2026 ERROR [a] bad"),
    ],
)
def test_the_line_that_tells_is_not_always_the_last(text: str, line: str) -> None:
    assert line == telling_line(text)


def test_a_tool_that_fails_is_one_line_unless_the_work_was_done_before() -> None:
    command = ["/bin/sh", "-c", "echo already joined; exit 3"]
    with pytest.raises(NetworkFault, match=r"^bank-peer joins: already joined$"):
        run("bank-peer joins", command, {})
    assert "already joined\n" == run("bank-peer joins", command, {}, fine="already")
    with pytest.raises(NetworkFault, match="/no/such/tool cannot be run: No such file"):
        run("bank-peer joins", ["/no/such/tool"], {})


def test_a_node_inherits_neither_fabrics_settings_nor_the_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LXR_PASSPHRASE", "LXR_DIR", "CORE_PEER_ID", "ORDERER_GENERAL_LISTENPORT", "FABRIC_CFG_PATH"):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("LANG", "C.UTF-8")
    handed_on = without_fabric_settings()
    assert ("C.UTF-8", False) == (handed_on.get("LANG"), "secret" in handed_on.values())

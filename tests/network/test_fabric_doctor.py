"""What the doctor makes of the facts, in tables; and once of a consortium on disk whose nodes are down."""

import socket
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import pytest
from msgspec.structs import replace

from lxr.chaincode.caller import ORGANISATIONS
from lxr.network.consortium import Consortium, found
from lxr.network.fabric.description import HOST, describe
from lxr.network.fabric.doctor import (
    Certificate,
    Finding,
    Level,
    examine,
    of_certificates,
    of_contract,
    of_disk,
    of_endorsers,
    of_keys,
    of_node,
    of_nodes_contracts,
    of_versions,
)
from lxr.network.fabric.faults import NetworkFault
from lxr.network.fabric.founding import found_fabric
from lxr.network.fabric.nodes import Node, nodes_of
from lxr.network.fabric.ports import free_base_port
from lxr.node.fabric.service.versions import Versions, decode_versions, encode_versions
from lxr.node.said import Said

NOW = datetime(2026, 8, 3, 10, tzinfo=UTC)
GIB = 1 << 30
DAY = timedelta(days=1)
PATH = Path("orgs/bank/teller.crt")
UNION_PEER = Node("union", "peer", Path("nodes/union/peer"), describe(ORGANISATIONS).nodes["union"])
PORTS = {name: port for name, (_, port) in UNION_PEER.ports.items()}


def told(findings: Iterable[Finding]) -> list[tuple[str, str, str]]:
    """What people are told of them."""
    return [(each.level, str(each.subject), str(each.what)) for each in findings]


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (-DAY, Finding("bad", str(PATH), "expired on 2026-08-02")),
        (DAY / 2, Finding("bad", str(PATH), "expires on 2026-08-03, in 0 days")),
        (7 * DAY, Finding("bad", str(PATH), "expires on 2026-08-10, in 7 days")),
        (8 * DAY, Finding("warn", str(PATH), "expires on 2026-08-11, in 8 days")),
        (30 * DAY, Finding("warn", str(PATH), "expires on 2026-09-02, in 30 days")),
        (31 * DAY, Finding("ok", str(PATH), "expires on 2026-09-03, in 31 days")),
        (90 * DAY, Finding("ok", str(PATH), "expires on 2026-11-01, in 90 days")),
        (91 * DAY, Finding("ok", "1 certificates", f"the first expires on 2026-11-02: {PATH}")),
    ],
)
def test_a_certificate_that_ends_soon_is_named_with_its_file_and_date(left: timedelta, expected: Finding) -> None:
    assert told([expected]) == told(of_certificates([Certificate(PATH, NOW - DAY, NOW + left)], NOW))


def test_a_certificate_that_is_not_valid_yet_is_bad() -> None:
    expected = Finding("bad", str(PATH), "is not valid before 2026-08-04")
    assert told([expected]) == told(of_certificates([Certificate(PATH, NOW + DAY, NOW + 400 * DAY)], NOW))


def test_certificates_that_last_are_one_line_that_names_the_first_to_end() -> None:
    certificates = [Certificate(Path(f"{days}.crt"), NOW - DAY, NOW + days * DAY) for days in (300, 200, 400)]
    expected = Finding("ok", "3 certificates", "the first expires on 2027-02-19: 200.crt")
    assert told([expected]) == told(of_certificates(certificates, NOW))


@pytest.mark.parametrize(
    ("free_bytes", "level", "what"),
    [
        (0, "bad", "0.0 GiB of disk are free"),
        (GIB - 1, "bad", "0.9 GiB of disk are free"),
        (GIB, "warn", "1.0 GiB of disk are free"),
        (5 * GIB - 1, "warn", "4.9 GiB of disk are free"),
        (5 * GIB, "ok", "5.0 GiB of disk are free"),
    ],
)
def test_disk_is_bad_below_1_gib_and_a_warning_below_5(free_bytes: int, level: Level, what: str) -> None:
    assert told([Finding(level, "/srv/lxr", what)]) == told([of_disk(Path("/srv/lxr"), free_bytes)])


def test_a_node_that_is_up_has_one_good_line() -> None:
    expected = Finding("ok", "union-peer", f"is running on {', '.join(map(str, PORTS.values()))}")
    assert told([expected]) == told(of_node(UNION_PEER, {"union-peer"}, {}))


def test_a_node_that_is_up_and_listens_nowhere_is_a_warning() -> None:
    *_, finding = of_node(UNION_PEER, {"union-peer"}, {PORTS["peer"]: Said("nothing listens there yet")})
    assert told([Finding("warn", "union-peer", f"port {PORTS['peer']} (peer): nothing listens there yet")]) == told(
        [finding]
    )


@pytest.mark.parametrize(
    ("running", "level"), [(set[str](), "warn"), ({"bank-peer"}, "bad")], ids=["all down", "others up"]
)
def test_a_node_that_is_down_is_bad_only_where_others_are_up(running: set[str], level: Level) -> None:
    assert told([Finding(level, "union-peer", "is not running")]) == told(of_node(UNION_PEER, running, {}))


def test_a_port_that_a_stranger_holds_is_bad_and_named() -> None:
    *_, finding = of_node(UNION_PEER, set(), {PORTS["peer_operations"]: Said("Address already in use")})
    expected = f"port {PORTS['peer_operations']} (peer_operations): Address already in use"
    assert told([Finding("bad", "union-peer", expected)]) == told([finding])


def test_a_key_that_others_can_read_is_bad() -> None:
    findings = list(of_keys({Path("a.key"): 0o600, Path("b.key"): 0o640, Path("c.key"): 0o400}))
    assert [
        ("bad", "b.key", "mode 0640 lets others at this key; expected 0600"),
        ("ok", "2 keys", "only their owner can read them"),
    ] == told(findings)


@pytest.mark.parametrize(
    ("in_force", "expected"),
    [
        ("a" * 64, Finding("ok", "contract", f"{'a' * 12} is in force and installed")),
        (
            "b" * 64,
            Finding(
                "bad", "contract", f"{'b' * 12} is in force, and installed are {'a' * 12}: install a newer release"
            ),
        ),
    ],
)
def test_a_contract_in_force_that_is_not_installed_is_bad(in_force: str, expected: Finding) -> None:
    assert told([expected]) == told([of_contract(["a" * 64], in_force)])


THREE = ("union", "employer", "bank")


@pytest.mark.parametrize(
    ("endorsers", "named"),
    [
        ([THREE] * 29, []),
        ([THREE] * 30, ["regulator-contract"]),
        ([THREE] * 30 + [("regulator", "union", "bank")], []),
        ([("union",)] * 40, ["employer-contract", "bank-contract", "regulator-contract"]),
    ],
)
def test_whose_contract_endorses_nothing_any_more_is_named(endorsers: list[tuple[str, ...]], named: list[str]) -> None:
    findings = list(of_endorsers(ORGANISATIONS, endorsers))
    assert [("bad", subject) for subject in named] == [(each.level, str(each.subject)) for each in findings]


SAME: Final = Versions(
    release="0.4.0",
    contract="a" * 64,
    contracts=("a" * 64,),
    python="3.11.7",
    msgspec="0.22.0",
    cryptography="46.0.7",
    openssl="OpenSSL 3.5.0 8 Apr 2025",
    protobuf="5.29.6",
    grpcio="1.85.1",
)
ALIKE: Final = (
    f"release 0.4.0, contract {'a' * 12}, python 3.11, msgspec 0.22.0, cryptography 46.0.7, "
    "openssl OpenSSL 3.5.0 8 Apr 2025, protobuf 5.29.6, grpcio 1.85.1"
)


@pytest.mark.parametrize(
    ("bank", "expected"),
    [
        (SAME, [Finding("ok", "versions", f"alike at union, bank: {ALIKE}")]),
        (replace(SAME, python="3.11.9"), [Finding("ok", "versions", f"alike at union, bank: {ALIKE}")]),
        (
            replace(SAME, python="3.13.0"),
            [Finding("warn", "versions: python", "the nodes differ: 3.11 (union), 3.13 (bank)")],
        ),
        (
            replace(SAME, contract="b" * 64, msgspec="0.20.0"),
            [
                Finding("warn", "versions: contract", f"the nodes differ: {'a' * 12} (union), {'b' * 12} (bank)"),
                Finding("warn", "versions: msgspec", "the nodes differ: 0.22.0 (union), 0.20.0 (bank)"),
            ],
        ),
        (
            Said("peer of bank is down"),
            [
                Finding("warn", "bank-contract", "does not say what it runs: peer of bank is down"),
                Finding("ok", "versions", f"alike at union: {ALIKE}"),
            ],
        ),
    ],
    ids=["the same", "another patch of Python", "another Python", "another contract", "unreachable"],
)
def test_nodes_that_run_other_versions_are_named_with_what_each_runs(
    bank: Versions | Said, expected: list[Finding]
) -> None:
    assert told(expected) == told(of_versions({"union": SAME, "bank": bank}))


def test_where_no_node_can_be_asked_nothing_is_said_of_versions() -> None:
    assert [] == list(of_versions({}))


@pytest.mark.parametrize("said", [b"", b"[]", b'{"release":"1"}', b"\xff", b"[" * 5_000])
def test_what_a_node_says_of_itself_is_read_strictly(said: bytes) -> None:
    with pytest.raises((msgspec.MsgspecError, UnicodeDecodeError)):
        decode_versions(said)


def test_what_a_node_says_of_itself_cannot_write_on_the_terminal() -> None:
    with pytest.raises(msgspec.ValidationError):
        decode_versions(encode_versions(replace(SAME, python="3.11\x1b[2J")))


@pytest.fixture
def consortium(tmp_path: Path) -> Consortium:
    """On Fabric, newly founded: its nodes have never run."""
    now = datetime.now(UTC)
    fabric = describe(ORGANISATIONS, base_port=free_base_port())
    return found_fabric(tmp_path / "c", "test", False, b"a passphrase", now - DAY, now + 365 * DAY, fabric)


def test_of_a_new_consortium_only_the_binaries_can_be_bad(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LXR_FABRIC", str(tmp_path / "nowhere"))
    monkeypatch.delenv("LXR_FABRIC_BIN", raising=False)
    monkeypatch.setenv("PATH", "")
    findings = examine(consortium, datetime.now(UTC))
    assert ["Fabric"] == [str(finding.subject) for finding in findings if finding.level == "bad"]
    down = {finding.subject for finding in findings if finding.what == "is not running"}
    assert {node.name for node in nodes_of(consortium)} == down
    assert {"certificates", "keys"} == {
        str(finding.subject).partition(" ")[2] for finding in findings if finding.level == "ok"
    } - {""}


def test_a_stranger_on_a_port_an_open_key_and_a_broken_certificate_are_found(consortium: Consortium) -> None:
    peer = next(node for node in nodes_of(consortium) if node.name == "bank-peer")
    peer.tls_key.chmod(0o644)
    peer.tls_certificate.write_text("not a certificate")
    with socket.create_server((HOST, peer.port)):
        bad = {
            finding.subject: finding.what
            for finding in examine(consortium, datetime.now(UTC))
            if finding.level == "bad"
        }
    assert str(bad.pop("bank-peer")).startswith(f"port {peer.port} (peer): ")
    assert Said("mode {mode} lets others at this key; expected 0600", mode="0644") == bad.pop(
        str(consortium.nodes_dir("bank") / "peer/tls.key")
    )
    broken = consortium.nodes_dir("bank") / "peer/tls.crt"
    assert f"{broken}: not an X.509 certificate as PEM" == str(bad.pop("certificate"))
    assert bad.keys() <= {"Fabric"}


def test_in_the_last_week_before_its_end_every_certificate_of_people_and_nodes_is_named(consortium: Consortium) -> None:
    bad = [
        str(each.subject)
        for each in examine(consortium, datetime.now(UTC) + 360 * DAY)
        if "expires on" in str(each.what)
    ]
    named = {Path(subject).relative_to(consortium.directory).as_posix() for subject in bad}
    some = {"orgs/bank/ca.crt", "orgs/bank/tlsca.crt", "orgs/bank/teller.crt", "nodes/bank/peer/tls.crt"}
    assert set() == some - named
    assert len(bad) == len(named)


def test_an_embedded_consortium_has_no_network_to_examine(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    embedded = found(tmp_path / "c", "test", False, b"a passphrase", now - DAY, now + DAY)
    with pytest.raises(NetworkFault, match="embedded"):
        examine(embedded, now)


@pytest.mark.parametrize(("in_force", "lacking"), [("a" * 64, []), ("b" * 64, ["union-contract"]), (None, [])])
def test_a_node_that_lacks_the_contract_in_force_is_bad(in_force: str | None, lacking: list[str]) -> None:
    told: dict[str, Versions | Said] = {"union": SAME, "bank": Said("is down")}
    told |= {"regulator": replace(SAME, contracts=("c" * 64, "b" * 64, "a" * 64))}
    findings = list(of_nodes_contracts(told, in_force))
    assert [("bad", subject) for subject in lacking] == [(each.level, str(each.subject)) for each in findings]

"""The channel's first block: the organisations, how they order, and what they must agree on."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any, Final

from lxr.network.consortium import Consortium
from lxr.network.fabric.binaries import Fabric
from lxr.network.fabric.commands import run
from lxr.network.fabric.faults import NetworkFault
from lxr.network.fabric.msp import member_certificate
from lxr.network.fabric.nodes import Node, described, nodes_of
from lxr.network.keyfile import write_atomically

_PROFILE: Final = "Consortium"

_BATCH: Final = {
    "MaxMessageCount": 500,
    # A BFT leader's successor sends all open requests in one message. With more than this, it can outgrow what gRPC
    # carries (100 MB), and then ordering stops for good.
    "AbsoluteMaxBytes": "10 MB",
    "PreferredMaxBytes": "2 MB",
}

# A leader that does not order a request is told again by all others after the first time, and after the second they
# choose another leader: 7 s without a commit when a leader dies, where Fabric's own values (2 s and 20 s) make it 22 s.
# Times that are much shorter depose leaders that are only busy, one after the other under load.
_BFT_TIMES: Final = {"RequestForwardTimeout": "2s", "RequestComplainTimeout": "5s"}
_BFT: Final = _BFT_TIMES | {
    "RequestAutoRemoveTimeout": "3m0s",
    "ViewChangeResendInterval": "5s",
    "ViewChangeTimeout": "20s",
    "LeaderHeartbeatTimeout": "1m0s",
    "LeaderHeartbeatCount": 10,
    "CollectTimeout": "1s",
    "IncomingMessageBufferSize": 200,
    "RequestPoolSize": 100_000,
}

_RAFT: Final = {  # one orderer elects itself, and need not wait as long as several would
    "TickInterval": "100ms",
    "ElectionTick": 10,
    "HeartbeatTick": 1,
    "MaxInflightBlocks": 5,
    "SnapshotIntervalSize": "16 MB",
}


def genesis_block(consortium: Consortium) -> Path:
    """Where the channel's first block lies."""
    return consortium.directory.resolve() / "channel" / "genesis.block"


def first_block_hash(consortium: Consortium) -> str:
    """Return the hash of the channel's first block, which the ledger's founding names.

    Raises NetworkFault: the network was never up; LedgerFault: the file is damaged.
    """
    from lxr.node.fabric.blocks.blocks import hash_of_first  # Fabric's messages are slow to load

    return hash_of_first(read_genesis_block(consortium))


def read_genesis_block(consortium: Consortium) -> bytes:
    """Return the channel's first block as it was made here (Fabric common.Block). Raises NetworkFault: never up."""
    path = genesis_block(consortium)
    if not path.exists():
        raise NetworkFault("{path}: no such file: the network was never up; lxr network up brings it up", path=path)
    return path.read_bytes()


def make_genesis_block(consortium: Consortium, fabric: Fabric) -> None:
    """Make it where it is missing; it is never made again. Raises NetworkFault, KeyFault."""
    block = genesis_block(consortium)
    if block.exists():
        return
    write_atomically(block.parent / "configtx.yaml", json.dumps(configtx(consortium), indent=1).encode())
    with tempfile.TemporaryDirectory(dir=block.parent) as beside:
        building = Path(beside) / block.name
        command: list[str | Path] = [fabric.bin / "configtxgen", "-profile", _PROFILE]
        command += ["-channelID", described(consortium).channel, "-outputBlock", building]
        run("configtxgen", command, {"FABRIC_CFG_PATH": str(block.parent), "FABRIC_LOGGING_SPEC": "error"})
        os.replace(building, block)


def configtx(consortium: Consortium) -> dict[str, Any]:
    """configtx.yaml (YAML contains JSON), as Fabric's own sample has it, for four organisations that are equals."""
    fabric = described(consortium)
    orderers = [node for node in nodes_of(consortium) if node.kind == "orderer"]
    organisations = {name: _organisation(consortium, name, orderers) for name in fabric.nodes}
    ordering: dict[str, Any] = {
        "OrdererType": "etcdraft",
        "EtcdRaft": {"Consenters": [_consenter(node) for node in orderers], "Options": _RAFT},
    }
    if fabric.ordering == "bft":
        ordering = {
            "OrdererType": "BFT",
            "ConsenterMapping": [_bft_consenter(node, number) for number, node in enumerate(orderers, 1)],
            "SmartBFT": _BFT | {"RequestBatchMaxInterval": f"{fabric.block_ms}ms"},
        }
    majority = {"Readers": "ANY Readers", "Writers": "ANY Writers", "Admins": "MAJORITY Admins"}
    profile = {
        "Policies": _implicit(majority),
        "Capabilities": {"V3_0": True},
        "Orderer": {
            **ordering,
            "BatchTimeout": f"{fabric.block_ms}ms",
            "BatchSize": _BATCH,
            "Organizations": [organisations[node.organisation] for node in orderers],
            "Policies": _implicit(majority | {"BlockValidation": "ANY Writers"}),
            "Capabilities": {"V2_0": True},
        },
        "Application": {
            "Organizations": list(organisations.values()),
            "Policies": _implicit(
                majority | {"LifecycleEndorsement": "MAJORITY Endorsement", "Endorsement": "MAJORITY Endorsement"}
            ),
            "Capabilities": {"V2_5": True},
        },
    }
    return {"Profiles": {_PROFILE: profile}}


def _organisation(consortium: Consortium, name: str, orderers: list[Node]) -> dict[str, Any]:
    at = described(consortium).nodes[name]
    rules = {"Readers": "member", "Writers": "member", "Admins": "admin", "Endorsement": "peer"}
    return {
        "Name": name,
        "ID": name,
        "MSPDir": str(consortium.directory.resolve() / "channel" / "msp" / name),
        "Policies": {policy: {"Type": "Signature", "Rule": f"OR('{name}.{who}')"} for policy, who in rules.items()},
        "OrdererEndpoints": [node.address for node in orderers if node.organisation == name],
        "AnchorPeers": [{"Host": at.host, "Port": at.peer}],  # so that peers find those of the others
    }


def _implicit(rules: dict[str, str]) -> dict[str, dict[str, str]]:
    return {policy: {"Type": "ImplicitMeta", "Rule": rule} for policy, rule in rules.items()}


def _consenter(node: Node) -> dict[str, Any]:
    certificate = str(node.tls_certificate)
    return {"Host": node.host, "Port": node.port, "ClientTLSCert": certificate, "ServerTLSCert": certificate}


def _bft_consenter(node: Node, number: int) -> dict[str, Any]:
    identity = str(member_certificate(node.msp))
    return {"ID": number, "MSPID": node.organisation, "Identity": identity} | _consenter(node)

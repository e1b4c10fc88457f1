"""How each node is started: its command, and what it overrides in Fabric's sample configuration."""

import json
import sys
from typing import Final

from lxr.network.consortium import Consortium
from lxr.network.fabric.binaries import Fabric
from lxr.network.fabric.builder import builder_directory
from lxr.network.fabric.description import HOST
from lxr.network.fabric.nodes import Node

LOGS: Final = {
    "FABRIC_LOGGING_SPEC": "warning:grpc=error",
    "FABRIC_LOGGING_FORMAT": "%{time:2006-01-02T15:04:05.000Z07:00} %{level} [%{module}] %{message}",
}


def command_of(node: Node, fabric: Fabric) -> list[str]:
    """Return what is run for the node."""
    commands = {
        "orderer": [str(fabric.bin / "orderer")],
        "peer": [str(fabric.bin / "peer"), "node", "start"],
        "contract": [sys.executable, "-m", "lxr.node.fabric.service.service", str(node.directory / "service.toml")],
    }
    return commands[node.kind]


def environment_of(node: Node, consortium: Consortium, fabric: Fabric) -> dict[str, str]:
    """Return what the node is told by its environment, beside what it inherits."""
    if node.kind == "contract":
        return {}
    tls_root = str((consortium.org_dir(node.organisation) / "tlsca.crt").resolve())
    settings = _orderer(node, tls_root) if node.kind == "orderer" else _peer(node, tls_root)
    return {"FABRIC_CFG_PATH": str(fabric.config), **LOGS, **settings}


def _orderer(node: Node, tls_root: str) -> dict[str, str]:
    certificate, key = str(node.tls_certificate), str(node.tls_key)
    settings = {
        "GENERAL_LISTENADDRESS": node.host,
        "GENERAL_LISTENPORT": str(node.port),
        "GENERAL_LOCALMSPID": node.organisation,
        "GENERAL_LOCALMSPDIR": str(node.msp),
        "GENERAL_BOOTSTRAPMETHOD": "none",
        "GENERAL_TLS_ENABLED": "true",
        "GENERAL_TLS_CERTIFICATE": certificate,
        "GENERAL_TLS_PRIVATEKEY": key,
        "GENERAL_TLS_ROOTCAS": tls_root,
        "GENERAL_CLUSTER_CLIENTCERTIFICATE": certificate,
        "GENERAL_CLUSTER_CLIENTPRIVATEKEY": key,
        "ADMIN_LISTENADDRESS": f"{HOST}:{node.at.orderer_admin}",
        "ADMIN_TLS_ENABLED": "true",
        "ADMIN_TLS_CERTIFICATE": certificate,
        "ADMIN_TLS_PRIVATEKEY": key,
        "ADMIN_TLS_CLIENTAUTHREQUIRED": "true",
        "ADMIN_TLS_CLIENTROOTCAS": tls_root,
        "CHANNELPARTICIPATION_ENABLED": "true",
        "FILELEDGER_LOCATION": str(node.data),
        "CONSENSUS_WALDIR": str(node.data / "consensus" / "wal"),
        "CONSENSUS_SNAPDIR": str(node.data / "consensus" / "snapshots"),
        "OPERATIONS_LISTENADDRESS": f"{HOST}:{node.at.orderer_operations}",
        "METRICS_PROVIDER": "prometheus",
    }
    return {f"ORDERER_{name}": value for name, value in settings.items()}


def _peer(node: Node, tls_root: str) -> dict[str, str]:
    builder = {"name": "ccaas", "path": str(builder_directory(node))}
    settings = {
        "PEER_ID": f"peer@{node.organisation}",
        "PEER_LISTENADDRESS": node.address,
        "PEER_ADDRESS": node.address,
        "PEER_CHAINCODELISTENADDRESS": f"{HOST}:{node.at.peer_chaincode}",
        "PEER_LOCALMSPID": node.organisation,
        "PEER_MSPCONFIGPATH": str(node.msp),
        "PEER_FILESYSTEMPATH": str(node.data),
        "PEER_TLS_ENABLED": "true",
        "PEER_TLS_CERT_FILE": str(node.tls_certificate),
        "PEER_TLS_KEY_FILE": str(node.tls_key),
        "PEER_TLS_ROOTCERT_FILE": tls_root,
        "PEER_GOSSIP_BOOTSTRAP": node.address,
        "PEER_GOSSIP_EXTERNALENDPOINT": node.address,
        # Endorsement by several organisations fails until peers have found each other. They start and join one after
        # the other, so the first attempts fail; as it comes, each takes 3 s and is repeated after 25 s. That it lives
        # a peer tells the others every 5 s, what it can endorse every 4 s.
        "PEER_GOSSIP_DIALTIMEOUT": "1s",
        "PEER_GOSSIP_RECONNECTINTERVAL": "1s",
        "PEER_GOSSIP_ALIVETIMEINTERVAL": "1s",
        "PEER_GOSSIP_PUBLISHSTATEINFOINTERVAL": "1s",
        "PEER_GOSSIP_REQUESTSTATEINFOINTERVAL": "1s",
        # Else a peer without an orderer asks less and less often, at last once an hour.
        "PEER_DELIVERYCLIENT_RECONNECTBACKOFFTHRESHOLD": "2s",
        "VM_ENDPOINT": "",
        "CHAINCODE_EXTERNALBUILDERS": json.dumps([builder]),
        "LEDGER_SNAPSHOTS_ROOTDIR": str(node.data / "snapshots"),
        "LEDGER_HISTORY_ENABLEHISTORYDATABASE": "false",
        "OPERATIONS_LISTENADDRESS": f"{HOST}:{node.at.peer_operations}",
        "METRICS_PROVIDER": "prometheus",
    }
    return {f"CORE_{name}": value for name, value in settings.items()}

"""The configuration of an organisation's contract service (`lxr.node.fabric.service.service`)."""

from pathlib import Path

import tomli_w

from lxr.network.consortium import Consortium
from lxr.network.fabric.channel import first_block_hash
from lxr.network.fabric.description import HOST
from lxr.network.fabric.nodes import Node, described
from lxr.network.keyfile import write_atomically


def service_config_path(contract: Node) -> Path:
    return contract.directory / "service.toml"


def write_service_config(contract: Node, consortium: Consortium, package_id: str) -> None:
    """Paths in it are relative to it, so that the consortium's directory can be moved.

    Raises KeyFault: not writable; NetworkFault: the channel has no first block yet.

    package_id: of the package that the organisation's peer has installed.
    """
    roots = {organisation: f"../../../orgs/{organisation}/ca.crt" for organisation in described(consortium).nodes}
    settings = {
        "package_id": package_id,
        "listen": contract.address,
        "metrics": f"{HOST}:{contract.at.contract_metrics}",
        "tls_certificate": contract.tls_certificate.name,
        "tls_key": contract.tls_key.name,
        "client_roots": [f"../../../orgs/{contract.organisation}/tlsca.crt"],
        "organisation": contract.organisation,
        "rehearsal": consortium.rehearsal,
        "channel": described(consortium).channel,
        "genesis_block": first_block_hash(consortium),
        "workers": contract.at.workers,
        "roots": roots,
    }
    write_atomically(service_config_path(contract), tomli_w.dumps(settings).encode())

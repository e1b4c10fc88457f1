"""Putting the contract on the channel: each organisation installs and approves it, then it is committed."""

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from lxr.network.consortium import Consortium
from lxr.network.fabric.binaries import Fabric
from lxr.network.fabric.channel import genesis_block
from lxr.network.fabric.commands import run
from lxr.network.fabric.description import HOST
from lxr.network.fabric.environment import LOGS
from lxr.network.fabric.faults import NetworkFault
from lxr.network.fabric.nodes import Node, NodeKind, described, node_named
from lxr.network.fabric.package import package_path

# The definition on the channel says where the contract answers and who must sign, not which version of it is in force:
# that is a record of the contract's own. So there is one definition for good.
_DEFINITION: Final = ["--version", "1", "--sequence", "1"]

# The orderers have no leader yet, or one peer is a block behind another.
_PASSES: Final = re.compile(r"SERVICE_UNAVAILABLE|Payloads do not match|not agreed to by this org|MVCC_READ_CONFLICT")
_RETRY_BUDGET_S: Final = 60
_POLL_S: Final = 0.2


class Deployer(Struct, frozen=True):
    """One organisation's admin at work on its own nodes. admin: its MSP directory.

    Each step can be taken again, and then does nothing. All raise NetworkFault.
    """

    consortium: Consortium
    fabric: Fabric
    organisation: str
    admin: Path

    def join_orderer(self) -> None:
        """From then on the orderer takes part in ordering."""
        node = self._node("orderer")
        command: list[str | Path] = [self.fabric.bin / "osnadmin", "channel", "join"]
        command += ["--channelID", described(self.consortium).channel]
        command += ["--config-block", genesis_block(self.consortium)]
        command += ["--orderer-address", f"{HOST}:{node.at.orderer_admin}"]
        command += ["--ca-file", self._tls_root(self.organisation)]
        command += ["--client-cert", node.client / "tls.crt", "--client-key", node.client / "tls.key"]
        what = f"{node.name} joins the channel"
        printed = run(what, command, {})
        if "Status: 201" not in printed and "channel already exists" not in printed:
            raise NetworkFault("{what}: {names}", what=what, names=" ".join(printed.split()))

    def join_peer(self) -> None:
        """From then on the peer keeps the channel's ledger."""
        block = genesis_block(self.consortium)
        self._peer("joins the channel", ["channel", "join", "--blockpath", str(block)], "already exists")

    def install(self) -> None:
        """From then on the peer knows where the contract service is."""
        package = package_path(self._node("contract"))
        command = ["lifecycle", "chaincode", "install", str(package)]
        self._peer("installs the contract", command, "already successfully installed")

    def is_committed(self) -> bool:
        """Whether the channel has the contract."""
        command = ["lifecycle", "chaincode", "querycommitted", *self._name()]
        return "Version: 1" in self._peer("is asked for the contract", command, "is not defined")

    def approve(self, package_id: str) -> None:
        """Agree to the definition, as the organisation. package_id: of the package that its own peer has installed."""
        command = ["lifecycle", "chaincode", "approveformyorg", "--package-id", package_id, *self._agreed()]
        self._send("approves the contract", command, "with unchanged content")

    def commit(self) -> None:
        """Bring the contract into the channel, once all have approved it."""
        command = ["lifecycle", "chaincode", "commit", *self._agreed()]
        for organisation in described(self.consortium).nodes:
            peer = node_named(self.consortium, f"{organisation}-peer")
            command += ["--peerAddresses", peer.address, "--tlsRootCertFiles", str(self._tls_root(organisation))]
        self._send("commits the contract", command, "new definition must be sequence 2")

    def _agreed(self) -> list[str]:
        fabric = described(self.consortium)
        members = ",".join(f"'{organisation}.peer'" for organisation in fabric.nodes)
        policy = f"OutOf({fabric.endorsements},{members})"
        orderer = node_named(self.consortium, f"{fabric.orderers[0]}-orderer")
        tls_root = str(self._tls_root(orderer.organisation))
        via = ["--orderer", orderer.address, "--tls", "--cafile", tls_root]
        return [*self._name(), *_DEFINITION, "--signature-policy", policy, *via]

    def _name(self) -> list[str]:
        fabric = described(self.consortium)
        return ["--channelID", fabric.channel, "--name", fabric.chaincode]

    def _send(self, what: str, command: Sequence[str], fine: str) -> None:
        until = time.monotonic() + _RETRY_BUDGET_S
        while True:
            try:
                self._peer(what, command, fine)
            except NetworkFault as fault:
                if _PASSES.search(str(fault)) is None or time.monotonic() > until:
                    raise
                time.sleep(_POLL_S)
            else:
                return

    def _peer(self, what: str, command: Sequence[str], fine: str | None = None) -> str:
        peer = self._node("peer")
        environment = LOGS | {
            "FABRIC_CFG_PATH": str(self.fabric.config),
            "CORE_PEER_LOCALMSPID": self.organisation,
            "CORE_PEER_MSPCONFIGPATH": str(self.admin),
            "CORE_PEER_ADDRESS": peer.address,
            "CORE_PEER_TLS_ENABLED": "true",
            "CORE_PEER_TLS_ROOTCERT_FILE": str(self._tls_root(self.organisation)),
        }
        return run(f"{peer.name} {what}", [self.fabric.bin / "peer", *command], environment, fine=fine)

    def _node(self, kind: NodeKind) -> Node:
        return node_named(self.consortium, f"{self.organisation}-{kind}")

    def _tls_root(self, organisation: str) -> Path:
        return (self.consortium.org_dir(organisation) / "tlsca.crt").resolve()

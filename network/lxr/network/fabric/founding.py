"""Founding a consortium on Fabric: all certificates and keys that its people and its nodes need."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from lxr.chaincode.caller import ORGANISATIONS
from lxr.network.authority import Authority
from lxr.network.consortium import (
    Consortium,
    Organise,
    build_organisations,
    create_whole,
    make_directory,
    make_private_directory,
    write_description,
)
from lxr.network.fabric.certificates import Issuer
from lxr.network.fabric.description import HOST, FabricDescription
from lxr.network.fabric.msp import write_member_msp, write_msp

_CLOCKS_DIFFER: Final = timedelta(hours=1)


def found_fabric(
    directory: Path,
    name: str,
    rehearsal: bool,
    passphrase: bytes,
    not_before: datetime,
    not_after: datetime,
    fabric: FabricDescription,
    organise: Organise | None = None,
) -> Consortium:
    """Create a consortium on Fabric with all its keys: the whole directory appears at once, or nothing does.

    The passphrase encrypts the keys of people and authorities. Nodes start without anyone at hand, so their keys are
    plain, in files with mode 0600. Fabric lives by the real clock: nodes' certificates are valid from an hour ago,
    in a rehearsal too.
    fabric: see `describe`. The other parameters are those of `lxr.network.consortium.found`.
    Raises KeyFault: as `found` does; the dates have passed.
    """
    from_now = max(not_before, datetime.now(UTC) - _CLOCKS_DIFFER)

    def build(building: Path) -> None:
        build_organisations(building, passphrase, not_before, not_after, organise)
        make_private_directory(building / "nodes")
        for part in ("channel", "channel/msp"):
            make_directory(building / part)
        for organisation in ORGANISATIONS:
            org_dir = building / "orgs" / organisation
            tls = Authority.create(organisation, not_before, not_after, "tlsca")
            tls.save(org_dir, passphrase, "tlsca")
            write_msp(building / "channel" / "msp" / organisation, org_dir)
            identities = Authority.load(org_dir, passphrase)  # older than the network, where it is another ledger's
            until = min(not_after, identities.certificate.not_valid_after_utc)
            issuer = Issuer(identities, tls, from_now, until)
            _equip(issuer, org_dir, building / "nodes" / organisation, fabric)
        write_description(building, name, rehearsal, fabric)

    return create_whole(directory, name, build)


def _equip(issuer: Issuer, org_dir: Path, nodes_dir: Path, fabric: FabricDescription) -> None:
    organisation = issuer.identities.org
    host = fabric.nodes[organisation].host
    peer, orderer, contract, client = (nodes_dir / kind for kind in ("peer", "orderer", "contract", "client"))
    make_private_directory(nodes_dir)
    for directory in (peer, contract, contract / "client", client):
        make_directory(directory)
    issuer.identity(*write_member_msp(peer / "msp", org_dir), f"peer@{organisation}", "peer")
    issuer.connection(peer, f"peer@{organisation}", host)
    issuer.connection(contract, f"contract@{organisation}", HOST)
    issuer.connection(contract / "client", f"contract-client@{organisation}")
    issuer.identity(client / "client.crt", client / "client.key", f"node@{organisation}", "client")
    if organisation in fabric.orderers:
        make_directory(orderer)
        make_directory(orderer / "client")
        issuer.identity(*write_member_msp(orderer / "msp", org_dir), f"orderer@{organisation}", "orderer")
        issuer.connection(orderer, f"orderer@{organisation}", host)
        issuer.connection(orderer / "client", f"orderer-client@{organisation}")

"""Fabric's MSP directories: who belongs to an organisation, and who a member of it is."""

from pathlib import Path
from typing import Final

from lxr.network.consortium import make_directory
from lxr.network.keyfile import write_atomically

# A certificate's organisational unit says what its holder may do: only admins install a contract and agree to changes
# of the channel, only peers endorse, only orderers order.
_UNITS: Final = """\
NodeOUs:
  Enable: true
  ClientOUIdentifier:
    OrganizationalUnitIdentifier: client
  PeerOUIdentifier:
    OrganizationalUnitIdentifier: peer
  AdminOUIdentifier:
    OrganizationalUnitIdentifier: admin
  OrdererOUIdentifier:
    OrganizationalUnitIdentifier: orderer
"""


def write_msp(msp: Path, org_dir: Path) -> None:
    """Write what belongs to an organisation: the certificates of its two authorities, in org_dir. Raises KeyFault."""
    for directory in (msp, msp / "cacerts", msp / "tlscacerts"):
        make_directory(directory)
    write_atomically(msp / "cacerts" / "ca.crt", (org_dir / "ca.crt").read_bytes())
    write_atomically(msp / "tlscacerts" / "tlsca.crt", (org_dir / "tlsca.crt").read_bytes())
    write_atomically(msp / "config.yaml", _UNITS.encode())


def write_member_msp(msp: Path, org_dir: Path) -> tuple[Path, Path]:
    """Return the same with room for a member: where its certificate and its key are to be put. Raises KeyFault."""
    write_msp(msp, org_dir)
    make_directory(msp / "signcerts")
    make_directory(msp / "keystore")
    return member_certificate(msp), msp / "keystore" / "key.pem"


def member_certificate(msp: Path) -> Path:
    return msp / "signcerts" / "member.crt"

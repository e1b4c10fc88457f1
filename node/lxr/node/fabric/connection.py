"""Where a consortium's peers are, and who speaks to them."""

from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import Struct


class Peer(Struct, frozen=True):
    """One organisation's peer. address: host:port. tls_root_pem: the authority that issued its TLS certificate."""

    organisation: str
    address: str
    tls_root_pem: bytes


class Transport(Struct, frozen=True):
    """The identity that carries envelopes to Fabric: a client of its organisation's node, which is its MSP too.

    It signs no command: those bear the signature of an officer (see `lxr.chaincode.envelope`).
    """

    organisation: str
    certificate_pem: str
    private_key: ec.EllipticCurvePrivateKey


class Connection(Struct, frozen=True):
    """peers: one of each organisation, one's own first. endorsements: how many organisations must sign.

    genesis_block: the channel's first block as this organisation approved it (Fabric common.Block); nobody signs it.
    """

    channel: str
    chaincode: str
    endorsements: int
    transport: Transport
    peers: tuple[Peer, ...]
    genesis_block: bytes

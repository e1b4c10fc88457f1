"""How a client of one organisation speaks to the network."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from lxr.network.consortium import Consortium
from lxr.network.fabric.channel import read_genesis_block
from lxr.network.fabric.nodes import described, nodes_of
from lxr.network.keyfile import KeyFault, read_certificate, read_owned
from lxr.node.fabric.connection import Connection, Peer, Transport


def connection(consortium: Consortium, organisation: str) -> Connection:
    """For this organisation's client: its own peer first, then the others'.

    Raises NetworkFault: an embedded consortium, or one that was never up; KeyFault: no such organisation, its client's
    files cannot be used.
    """
    fabric = described(consortium)
    if organisation not in fabric.nodes:
        raise KeyFault(
            "no organisation {organisation}; expected one of {names}",
            organisation=repr(organisation),
            names=", ".join(fabric.nodes),
        )
    client = consortium.nodes_dir(organisation) / "client"
    certificate = read_certificate(client / "client.crt").public_bytes(Encoding.PEM).decode()
    peers = [
        Peer(node.organisation, node.address, (consortium.org_dir(node.organisation) / "tlsca.crt").read_bytes())
        for node in nodes_of(consortium)
        if node.kind == "peer"
    ]
    peers.sort(key=lambda peer: peer.organisation != organisation)
    transport = Transport(organisation, certificate, _plain_key(client / "client.key"))
    first_block = read_genesis_block(consortium)
    return Connection(fabric.channel, fabric.chaincode, fabric.endorsements, transport, tuple(peers), first_block)


def _plain_key(path: Path) -> ec.EllipticCurvePrivateKey:
    try:
        key = load_pem_private_key(read_owned(path), None)
    except (ValueError, TypeError):
        raise KeyFault("{path}: not a private key as PKCS#8 PEM without a passphrase", path=path) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise KeyFault("{path}: not an EC P-256 key", path=path)
    return key

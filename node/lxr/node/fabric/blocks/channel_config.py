"""A channel's configuration: who orders its blocks. It must be one of our organisations and of their roots only."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from fabric_protos.common import configtx_pb2, configuration_pb2
from fabric_protos.msp import identities_pb2, msp_config_pb2
from fabric_protos.orderer import configuration_pb2 as orderer_pb2
from msgspec import Struct

from lxr.node.fabric.blocks.entries import Unsound, parse
from lxr.node.fabric.msp import ORDERER, UNITS, Member, member

BFT: Final = "BFT"
RAFT: Final = "etcdraft"
_FABRIC_MSP: Final = 0


class ChannelConfig(Struct, frozen=True):
    """consenters: of BFT, by their number. orderers: the organisations that order. revoked: organisation → serials."""

    ordering: str
    consenters: dict[int, Member]
    orderers: frozenset[str]
    revoked: dict[str, frozenset[int]]

    @property
    def faulty(self) -> int:
        """How many of the consenters may be faulty (SmartBFT)."""
        return (len(self.consenters) - 1) // 3

    @property
    def quorum(self) -> int:
        """How many consenters must sign a block (policies, ComputeBFTQuorum)."""
        return (len(self.consenters) + self.faulty + 2) // 2

    def admits(self, one: Member) -> bool:
        """Return whether its organisation has not revoked its certificate."""
        return one.serial not in self.revoked.get(one.organisation, frozenset())


def read_config(data: bytes, roots: Mapping[str, str]) -> ChannelConfig:
    """Return the configuration in the data of a CONFIG entry.

    roots: organisation → root certificate (PEM), all there are.

    Raises Unsound: it adds or leaves out an organisation, changes a root, or does not say who orders.
    """
    groups = parse(configtx_pb2.ConfigEnvelope, data).config.channel_group.groups
    if set(groups) != {"Application", "Orderer"}:
        raise Unsound(
            "the configuration has the groups {names}; expected Application, Orderer",
            names=", ".join(sorted(groups)),
        )
    members, ordering = (_revoked_by_organisation(groups[name], roots) for name in ("Application", "Orderer"))
    left_out = sorted(set(roots) - set(members))
    if left_out:
        raise Unsound("the configuration leaves out {names}", names=", ".join(left_out))
    kind = parse(orderer_pb2.ConsensusType, groups["Orderer"].values["ConsensusType"].value).type
    if kind not in (BFT, RAFT):
        raise Unsound(
            "the configuration's ordering is {kind}, expected {bft} or {raft}", kind=repr(kind), bft=BFT, raft=RAFT
        )
    consenters = _consenters(groups["Orderer"], roots) if kind == BFT else {}
    return ChannelConfig(kind, consenters, frozenset(ordering), members)


def _revoked_by_organisation(group: Any, roots: Mapping[str, str]) -> dict[str, frozenset[int]]:
    revoked = {}
    for place in group.groups.values():
        wrapped = parse(msp_config_pb2.MSPConfig, place.values["MSP"].value)
        msp = parse(msp_config_pb2.FabricMSPConfig, wrapped.config)
        if wrapped.type != _FABRIC_MSP or msp.name not in roots:
            raise Unsound("the configuration adds an organisation {name}", name=repr(msp.name))
        root = x509.load_pem_x509_certificate(roots[msp.name].encode())
        if [*map(_der, msp.root_certs)] != [root.public_bytes(Encoding.DER)] or msp.intermediate_certs:
            raise Unsound("the configuration gives {name} other roots than are known", name=msp.name)
        units = msp.fabric_node_ous
        given = {kind: getattr(units, f"{kind}_ou_identifier").organizational_unit_identifier for kind in UNITS}
        if not units.enable or any(kind != name for kind, name in given.items()):
            raise Unsound("the configuration of {name} does not tell peers, orderers and clients apart", name=msp.name)
        revoked[msp.name] = frozenset(_revoked(msp, root))
    return revoked


def _revoked(msp: Any, root: x509.Certificate) -> Iterator[int]:
    key = root.public_key()
    for data in msp.revocation_list:
        try:
            listed = x509.load_pem_x509_crl(data)
        except ValueError:
            raise Unsound("the configuration of {name} holds an unreadable revocation list", name=msp.name) from None
        if isinstance(key, ec.EllipticCurvePublicKey) and listed.is_signature_valid(key):
            yield from (entry.serial_number for entry in listed)


def _consenters(ordering: Any, roots: Mapping[str, str]) -> dict[int, Member]:
    mapping = parse(configuration_pb2.Orderers, ordering.values["Orderers"].value).consenter_mapping
    consenters: dict[int, Member] = {}
    for consenter in mapping:
        identity = identities_pb2.SerializedIdentity(mspid=consenter.msp_id, id_bytes=consenter.identity)
        try:
            one = member(identity.SerializeToString(), roots)
        except Unsound as fault:
            raise Unsound("the configuration's orderer {id}: {fault}", id=consenter.id, fault=fault) from None
        if one.unit != ORDERER or one in consenters.values():
            raise Unsound("the configuration's orderer {id} is none, or stands there twice", id=consenter.id)
        consenters[consenter.id] = one
    largest_share = max(Counter(one.organisation for one in consenters.values()).values(), default=0)
    if len(consenters) != len(mapping) or not 0 < largest_share <= max(1, (len(consenters) - 1) // 3):
        raise Unsound("the configuration has no orderers, one number twice, or more of one organisation than may fail")
    return consenters


def _der(pem: bytes) -> bytes:
    try:
        return x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    except ValueError:
        return b""

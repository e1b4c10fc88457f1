"""Fabric blocks made in memory, as peers give them: real keys, certificates and signatures of four organisations."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from fabric_protos.common import common_pb2, configtx_pb2, configuration_pb2
from fabric_protos.ledger.rwset import rwset_pb2
from fabric_protos.ledger.rwset.kvrwset import kv_rwset_pb2
from fabric_protos.msp import identities_pb2, msp_config_pb2
from fabric_protos.orderer import configuration_pb2 as orderer_pb2
from fabric_protos.peer import chaincode_pb2, proposal_pb2, proposal_response_pb2, transaction_pb2

from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.envelope import Envelope, encode_envelope
from lxr.network.authority import Authority
from lxr.network.keyfile import new_key
from lxr.node.blocks import header_bytes
from lxr.node.fabric.blocks.blocks import data_hash_of, hash_of_header
from lxr.node.fabric.blocks.entries import Version
from lxr.node.sealing import sign

CHANNEL: Final = "lxr"
CHAINCODE: Final = "lxr"
SEQUENCE: Final = "namespaces/fields/lxr/Sequence"
FROM: Final = datetime(2025, 1, 1, tzinfo=UTC)
TO: Final = datetime(2035, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Signer:
    """One with a certificate and its key."""

    organisation: str
    certificate_pem: bytes
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def of(cls, authority: Authority, unit: str) -> Self:
        key = new_key()
        certificate = authority.issue_plain(f"{unit}@{authority.org}", unit, key.public_key(), FROM, TO)
        return cls(authority.org, certificate.public_bytes(Encoding.PEM), key)

    @property
    def identity(self) -> bytes:
        serialized = identities_pb2.SerializedIdentity(mspid=self.organisation, id_bytes=self.certificate_pem)
        identity: bytes = serialized.SerializeToString()
        return identity

    @property
    def serial(self) -> int:
        return x509.load_pem_x509_certificate(self.certificate_pem).serial_number


AUTHORITIES: Final = {name: Authority.create(name, FROM, TO) for name in ORGANISATIONS}
FOREIGN: Final = Authority.create("bank", FROM, TO)  # of the same name, with another key
ROOTS: Final = {name: one.certificate.public_bytes(Encoding.PEM).decode() for name, one in AUTHORITIES.items()}
PEERS: Final = {name: Signer.of(one, "peer") for name, one in AUTHORITIES.items()}
ORDERERS: Final = {name: Signer.of(one, "orderer") for name, one in AUTHORITIES.items()}
CLIENTS: Final = {name: Signer.of(one, "client") for name, one in AUTHORITIES.items()}
THREE: Final = tuple(PEERS[name] for name in ("union", "employer", "bank"))


def envelope(name: str) -> Envelope:
    """What is carried. Only its encoding matters here."""
    return Envelope(name.encode(), b"signature")


@dataclass(frozen=True)
class Sending:
    """A transaction of ours, and all about it that can be otherwise. reads: key → version, by namespace."""

    args: tuple[bytes, ...]
    writes: Mapping[str, bytes | None] = field(default_factory=dict)
    reads: Mapping[str, Version | None] = field(default_factory=dict)
    definition: Version | None = None
    sender: Signer = CLIENTS["union"]
    nonce: bytes = field(default_factory=lambda: secrets.token_bytes(24))
    tx_id: str | None = None
    channel: str = CHANNEL
    chaincode: str = CHAINCODE
    namespace: str = CHAINCODE
    status: int = 200
    result: bytes = b'"done"'
    endorsers: Sequence[Signer] = THREE
    ranges: bool = False
    metadata: bool = False
    private: bool = False
    proposal_hash: bytes | None = None

    @property
    def own_tx_id(self) -> str:
        return self.tx_id or hashlib.sha256(self.nonce + self.sender.identity).hexdigest()


def carrying(name: str, writes: Mapping[str, bytes | None], **changes: Any) -> Sending:
    """A call of `submit` with an envelope of that name."""
    return Sending(args=(b"submit", encode_envelope(envelope(name))), writes=writes, **changes)


def entry(sending: Sending) -> bytes:
    """The transaction as it stands in a block."""
    header = common_pb2.Header(
        channel_header=channel_header(common_pb2.ENDORSER_TRANSACTION, sending),
        signature_header=common_pb2.SignatureHeader(
            creator=sending.sender.identity, nonce=sending.nonce
        ).SerializeToString(),
    )
    spec = chaincode_pb2.ChaincodeSpec(
        chaincode_id=chaincode_pb2.ChaincodeID(name=sending.chaincode),
        input=chaincode_pb2.ChaincodeInput(args=sending.args),
    )
    proposal = proposal_pb2.ChaincodeProposalPayload(
        input=chaincode_pb2.ChaincodeInvocationSpec(chaincode_spec=spec).SerializeToString()
    ).SerializeToString()
    proposal_hash = hashlib.sha256(header.channel_header + header.signature_header + proposal).digest()
    response = answer(sending, sending.proposal_hash or proposal_hash)
    endorsed = transaction_pb2.ChaincodeEndorsedAction(
        proposal_response_payload=response, endorsements=[endorsement(one, response) for one in sending.endorsers]
    )
    action = transaction_pb2.TransactionAction(
        header=header.signature_header,
        payload=transaction_pb2.ChaincodeActionPayload(
            chaincode_proposal_payload=proposal, action=endorsed
        ).SerializeToString(),
    )
    return sealed(header, transaction_pb2.Transaction(actions=[action]).SerializeToString(), sending.sender)


def channel_header(kind: int, sending: Sending) -> bytes:
    called = proposal_pb2.ChaincodeHeaderExtension(chaincode_id=chaincode_pb2.ChaincodeID(name=sending.chaincode))
    header: bytes = common_pb2.ChannelHeader(
        type=kind, channel_id=sending.channel, tx_id=sending.own_tx_id, extension=called.SerializeToString()
    ).SerializeToString()
    return header


def endorsement(one: Signer, response: bytes) -> Any:
    return proposal_response_pb2.Endorsement(endorser=one.identity, signature=sign(one.key, response + one.identity))


def answer(sending: Sending, proposal_hash: bytes) -> bytes:
    """What endorsers sign."""
    ours = kv_rwset_pb2.KVRWSet(
        reads=[_read(key, version) for key, version in sending.reads.items()],
        writes=[
            kv_rwset_pb2.KVWrite(key=key, value=value or b"", is_delete=value is None)
            for key, value in sending.writes.items()
        ],
        range_queries_info=[kv_rwset_pb2.RangeQueryInfo(start_key="a")] if sending.ranges else [],
        metadata_writes=[kv_rwset_pb2.KVMetadataWrite(key="a")] if sending.metadata else [],
    )
    private = [rwset_pb2.CollectionHashedReadWriteSet(collection_name="c")] if sending.private else []
    definition = kv_rwset_pb2.KVRWSet(reads=[_read(SEQUENCE, sending.definition)])
    results = rwset_pb2.TxReadWriteSet(
        ns_rwset=[
            rwset_pb2.NsReadWriteSet(namespace="_lifecycle", rwset=definition.SerializeToString()),
            rwset_pb2.NsReadWriteSet(
                namespace=sending.namespace, rwset=ours.SerializeToString(), collection_hashed_rwset=private
            ),
        ]
    )
    action = proposal_pb2.ChaincodeAction(
        results=results.SerializeToString(),
        response=proposal_response_pb2.Response(status=sending.status, payload=sending.result),
        chaincode_id=chaincode_pb2.ChaincodeID(name=sending.chaincode, version="1"),
    )
    signed: bytes = proposal_response_pb2.ProposalResponsePayload(
        proposal_hash=proposal_hash, extension=action.SerializeToString()
    ).SerializeToString()
    return signed


def sealed(header: Any, content: bytes, sender: Signer | None) -> bytes:
    payload = common_pb2.Payload(header=header, data=content).SerializeToString()
    signature = sign(sender.key, payload) if sender else b""
    data: bytes = common_pb2.Envelope(payload=payload, signature=signature).SerializeToString()
    return data


def resealed(data: bytes, sender: Signer, change: Any) -> bytes:
    """An entry whose endorsed action was changed, and which its sender signed again."""
    payload = common_pb2.Payload.FromString(common_pb2.Envelope.FromString(data).payload)
    transaction = transaction_pb2.Transaction.FromString(payload.data)
    action = transaction_pb2.ChaincodeActionPayload.FromString(transaction.actions[0].payload)
    change(action)
    transaction.actions[0].payload = action.SerializeToString()
    return sealed(payload.header, transaction.SerializeToString(), sender)


@dataclass(frozen=True)
class Configuration:
    """A channel's, and all about it that can be otherwise."""

    ordering: str = "BFT"
    members: Mapping[str, str] = field(default_factory=lambda: dict(ROOTS))
    orderers: Sequence[Signer] = tuple(ORDERERS.values())
    revoked: Sequence[Signer] = ()
    units: bool = True


def configuration_entry(configuration: Configuration) -> bytes:
    """The only entry of a configuration's block."""
    application, ordering = configtx_pb2.ConfigGroup(), configtx_pb2.ConfigGroup()
    for name, root in configuration.members.items():
        for group in (application, ordering):
            msp = msp_config_pb2.MSPConfig(config=_msp(name, root, configuration).SerializeToString())
            group.groups[name].values["MSP"].value = msp.SerializeToString()
    kind = orderer_pb2.ConsensusType(type=configuration.ordering).SerializeToString()
    ordering.values["ConsensusType"].value = kind
    consenters = [
        configuration_pb2.Consenter(id=number, msp_id=one.organisation, identity=one.certificate_pem)
        for number, one in enumerate(configuration.orderers, 1)
    ]
    mapping = configuration_pb2.Orderers(consenter_mapping=consenters)
    ordering.values["Orderers"].value = mapping.SerializeToString()
    config = configtx_pb2.Config()
    config.channel_group.groups["Application"].CopyFrom(application)
    config.channel_group.groups["Orderer"].CopyFrom(ordering)
    header = common_pb2.Header(
        channel_header=common_pb2.ChannelHeader(type=common_pb2.CONFIG, channel_id=CHANNEL).SerializeToString()
    )
    return sealed(header, configtx_pb2.ConfigEnvelope(config=config).SerializeToString(), None)


class Chain:
    """A channel's blocks so far, each on top of the last."""

    def __init__(self, configuration: Configuration | None = None) -> None:
        self.configuration = configuration or Configuration()
        self.blocks: list[Any] = []
        self.add([configuration_entry(self.configuration)], signers={})

    def add(
        self, entries: Sequence[bytes], codes: bytes | None = None, signers: Mapping[int, Signer] | None = None
    ) -> Any:
        """The next block. codes: all valid if None. signers: orderers by number; the first three if None."""
        block = common_pb2.Block()
        block.header.number = len(self.blocks)
        if self.blocks:
            last = self.blocks[-1].header
            block.header.previous_hash = hash_of_header(last.number, last.previous_hash, last.data_hash)
        block.data.data.extend(entries)
        block.header.data_hash = data_hash_of(block)
        block.metadata.metadata.extend([b""] * 5)
        block.metadata.metadata[common_pb2.TRANSACTIONS_FILTER] = bytes(len(entries)) if codes is None else codes
        if signers is None:
            signers = dict(list(enumerate(self.configuration.orderers, 1))[:3])
        sign_block(block, signers.items(), self.configuration.ordering)
        self.blocks.append(block)
        return block

    def send(self, *sent: Sending, codes: bytes | None = None) -> Any:
        return self.add([entry(one) for one in sent], codes)


def sign_block(block: Any, signers: Iterable[tuple[int, Signer]], ordering: str = "BFT") -> None:
    """Signs as orderers of that kind do; replaces what signatures there are."""
    value = common_pb2.OrdererBlockMetadata(consenter_metadata=b"view").SerializeToString()
    header = header_bytes(block.header.number, block.header.previous_hash, block.header.data_hash)
    signatures = []
    for number, one in signers:
        if ordering == "BFT":
            named = common_pb2.IdentifierHeader(identifier=number, nonce=b"n").SerializeToString()
            signature = sign(one.key, value + named + header)
            signatures.append(common_pb2.MetadataSignature(identifier_header=named, signature=signature))
        else:
            named = common_pb2.SignatureHeader(creator=one.identity, nonce=b"n").SerializeToString()
            signature = sign(one.key, value + named + header)
            signatures.append(common_pb2.MetadataSignature(signature_header=named, signature=signature))
    metadata = common_pb2.Metadata(value=value, signatures=signatures)
    block.metadata.metadata[common_pb2.SIGNATURES] = metadata.SerializeToString()


def _read(key: str, version: Version | None) -> Any:
    if version is None:
        return kv_rwset_pb2.KVRead(key=key)
    return kv_rwset_pb2.KVRead(key=key, version=kv_rwset_pb2.Version(block_num=version[0], tx_num=version[1]))


def _msp(name: str, root: str, configuration: Configuration) -> Any:
    units = {f"{unit}_ou_identifier": _unit(unit) for unit in ("client", "peer", "admin", "orderer")}
    revoked = [one for one in configuration.revoked if one.organisation == name]
    return msp_config_pb2.FabricMSPConfig(
        name=name,
        root_certs=[root.encode()],
        revocation_list=[_revocation(name, revoked)] if revoked else [],
        fabric_node_ous=msp_config_pb2.FabricNodeOUs(enable=configuration.units, **units),
    )


def _unit(unit: str) -> Any:
    return msp_config_pb2.FabricOUIdentifier(organizational_unit_identifier=unit)


def _revocation(name: str, revoked: Sequence[Signer]) -> bytes:
    authority = AUTHORITIES[name]
    builder = x509.CertificateRevocationListBuilder().issuer_name(authority.certificate.subject)
    builder = builder.last_update(FROM).next_update(FROM + timedelta(days=1))
    for one in revoked:
        listed = x509.RevokedCertificateBuilder().serial_number(one.serial).revocation_date(FROM).build()
        builder = builder.add_revoked_certificate(listed)
    return builder.sign(authority.private_key, SHA256()).public_bytes(Encoding.PEM)

"""Orderers' signatures over a block: as many as its ordering asks, each by another."""

from collections.abc import Iterator, Mapping
from typing import Any

from fabric_protos.common import common_pb2

from lxr.node.blocks import header_bytes
from lxr.node.fabric.blocks.channel_config import BFT, ChannelConfig
from lxr.node.fabric.blocks.entries import Unsound, parse
from lxr.node.fabric.msp import ORDERER, Member, has_signed, member
from lxr.node.said import Said


def check_orderers(block: common_pb2.Block, config: ChannelConfig, roots: Mapping[str, str]) -> None:
    """Check that a block that is not a channel's first is signed by its orderers: of BFT a quorum, of Raft one of them.

    config: the one in force before the block. Signatures that are no good are passed over, as Fabric does. Signed is
    the metadata's value, the header of the signature, and the block's header (protoutil, BlockSignatureVerifier).
    Raises Unsound.
    """
    all_metadata: Any = block.metadata.metadata
    if len(all_metadata) <= common_pb2.SIGNATURES:
        raise Unsound("it has no metadata for signatures")
    metadata = parse(common_pb2.Metadata, all_metadata[common_pb2.SIGNATURES])
    header = header_bytes(block.header.number, block.header.previous_hash, block.header.data_hash)
    signers = _by_number if config.ordering == BFT else _by_certificate
    good: dict[str, str] = {}
    for signature in metadata.signatures:
        for orderer, signed_header in signers(signature, config, roots):
            if has_signed(orderer, signature.signature, metadata.value + signed_header + header):
                good[orderer.certificate_pem] = orderer.organisation
    needed = config.quorum if config.ordering == BFT else 1
    if len(good) < needed:
        raise Unsound(
            "signed by {names}, and {needed} of its orderers must",
            names=", ".join(sorted(good.values())) or Said("nobody"),
            needed=needed,
        )


def _by_number(signature: Any, config: ChannelConfig, _: Mapping[str, str]) -> Iterator[tuple[Member, bytes]]:
    try:
        number = parse(common_pb2.IdentifierHeader, signature.identifier_header).identifier
    except Unsound:
        return
    orderer = config.consenters.get(number)
    if orderer is not None and not signature.signature_header:
        yield orderer, signature.identifier_header


def _by_certificate(signature: Any, config: ChannelConfig, roots: Mapping[str, str]) -> Iterator[tuple[Member, bytes]]:
    try:
        orderer = member(parse(common_pb2.SignatureHeader, signature.signature_header).creator, roots)
    except Unsound:
        return
    if orderer.unit == ORDERER and orderer.organisation in config.orderers and config.admits(orderer):
        yield orderer, signature.signature_header

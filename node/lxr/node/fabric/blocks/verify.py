"""Verification of a Fabric channel, block by block: nothing is believed that the peer says of what it gives."""

from collections.abc import Mapping
from typing import Final

import msgspec
from fabric_protos.common import common_pb2
from fabric_protos.peer import transaction_pb2

from lxr.node.fabric.blocks.blocks import FabricBlock, assemble, code_name, data_hash_of
from lxr.node.fabric.blocks.channel_config import ChannelConfig, read_config
from lxr.node.fabric.blocks.entries import CONFIG, ENDORSED, Unsound
from lxr.node.fabric.blocks.history import BlockHistory, History
from lxr.node.fabric.blocks.opened import VALID, Opened, open_block
from lxr.node.fabric.blocks.orderers import check_orderers
from lxr.node.fabric.blocks.rules import LIFECYCLE, Rules
from lxr.node.port import LedgerFault
from lxr.node.said import Said

_STALE: Final = frozenset({transaction_pb2.MVCC_READ_CONFLICT, transaction_pb2.PHANTOM_READ_CONFLICT})


class BlockVerifier:
    """One channel's chain so far. A block that is refused leaves it as it was: the true one can still follow."""

    def __init__(self, channel: str, chaincode: str, roots: Mapping[str, str], endorsements: int) -> None:
        """roots: organisation → its root certificate (PEM), all there are. endorsements: how many must endorse.

        Nobody signs a channel's first block: it can but name orderers that hang from these roots. Whoever has the
        genesis block of the channel should compare its hash with that of the first block checked.
        """
        self._channel: Final = channel
        self._chaincode: Final = chaincode
        self._roots: Final = dict(roots)
        self._rules: Final = Rules(chaincode, self._roots, endorsements)
        self._history: Final = History((chaincode, LIFECYCLE))
        self._config: ChannelConfig | None = None
        self._height = 0
        self._tip = b""

    def check(self, block: common_pb2.Block) -> FabricBlock:
        """Check the next block, the first is 0, and give what it holds for us. Its endorsers are who truly endorsed.

        Recomputed are the hashes that chain it, its orderers' signatures, and of each transaction that carries an
        envelope, whether by Fabric's rules it is valid. Entries of other chaincodes count as they are marked: all that
        ours could have of them is the definition of our chaincode, whose version they read. Raises LedgerFault: one
        line that names the block, the position of the transaction, and what is wrong.
        """
        try:
            self._check_header(block)
            if self._config is not None:
                check_orderers(block, self._config, self._roots)
            opened = open_block(block, self._channel, self._chaincode)
            config = self._config_after(opened)
        except Unsound as fault:
            raise LedgerFault("block {height}: {fault}", height=self._height, fault=fault) from None
        history = BlockHistory(self._history, self._height)
        endorsers = {}
        for one in opened:
            try:
                endorsers[one.position] = self._check_entry(one, history, config)
            except Unsound as fault:
                raise LedgerFault(
                    "block {height}, transaction {position}: {fault}",
                    height=self._height,
                    position=one.position,
                    fault=fault,
                ) from None
        checked = assemble(block, opened)
        history.take_over()
        self._config, self._height, self._tip = config, self._height + 1, bytes.fromhex(checked.hash)
        carried = (msgspec.structs.replace(each, endorsers=endorsers[each.position]) for each in checked.carried)
        return msgspec.structs.replace(checked, carried=tuple(carried))

    def _check_header(self, block: common_pb2.Block) -> None:
        header = block.header
        if header.number != self._height:
            raise Unsound("it has the number {number}", number=header.number)
        if header.previous_hash != self._tip:
            raise Unsound(
                "it follows on a block with hash {found}, not {expected}",
                found=header.previous_hash.hex(),
                expected=self._tip.hex(),
            )
        if header.data_hash != data_hash_of(block):
            raise Unsound(
                "the hash of its data is {found}, not {expected}",
                found=data_hash_of(block).hex(),
                expected=header.data_hash.hex(),
            )

    def _config_after(self, opened: tuple[Opened, ...]) -> ChannelConfig:
        first = opened[0]
        if len(opened) == 1 and first.entry is not None and first.entry.kind == CONFIG:
            if first.code != VALID:
                raise Unsound("its configuration is marked {code_name}", code_name=code_name(first.code))
            return read_config(first.entry.data, self._roots)
        if self._config is None:
            raise Unsound("it holds no configuration, as a channel's first block does")
        return self._config

    def _check_entry(self, one: Opened, history: BlockHistory, config: ChannelConfig) -> tuple[str, ...]:
        """Give its endorsers. Raises Unsound: it is marked valid and is not, or the other way about."""
        if one.entry is None:
            return ()
        tx_id = one.entry.tx_id or one.entry.true_tx_id
        repeated = one.entry.kind == ENDORSED and history.repeats(tx_id)
        objection = Said("its id was used before") if repeated else None
        if one.envelope is None or one.call is None:
            history.see(tx_id, passed=one.code == VALID or one.code in _STALE)
            endorsers: tuple[str, ...] = ()
        else:
            endorsers = self._rules.endorsers(one.call, config)
            objection = objection or self._rules.objection(one.entry, one.call, one.outcome, endorsers, config)
            history.see(tx_id, passed=objection is None)
            if objection is None and one.outcome is not None:
                objection = history.stale(one.outcome.namespaces)
            if objection is None and one.code != VALID:
                raise Unsound("it is marked {code_name} without cause", code_name=code_name(one.code))
        if one.code == VALID and objection is not None:
            raise Unsound("it is marked valid, but {objection}", objection=objection)
        if one.code == VALID and one.outcome is not None:
            history.write(one.position, one.outcome.namespaces)
        return endorsers

"""The ledger on Fabric: sent through the gateways, read from this node's own copy of the blocks."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from lxr.chaincode.envelope import Envelope
from lxr.node.blocks import Block
from lxr.node.contracts import Succession
from lxr.node.fabric.answers import SCAN, VERSIONS, Page, Replayed, decode_page
from lxr.node.fabric.blocks.blocks import decode_block, hash_of_first
from lxr.node.fabric.blocks.replica import Replica, as_block
from lxr.node.fabric.blocks.verify import BlockVerifier
from lxr.node.fabric.client.faults import GatewayFault, Unreachable
from lxr.node.fabric.client.sending import Sender, Sent
from lxr.node.fabric.client.window import SendResult, submit_apart, submit_in_order
from lxr.node.fabric.connection import Connection
from lxr.node.fabric.service.versions import Versions, decode_versions
from lxr.node.genesis import genesis_of
from lxr.node.log import NO_BLOCKS, Node
from lxr.node.port import Committed, LedgerFault, Located
from lxr.node.said import Said
from lxr.token.refusal import Refusal

FRESH_S: Final = 0.1
"""Reads show the peer's ledger of at most this long ago, and always what this node itself has sent."""
LAG_S: Final = 30.0
"""As long as a peer may need to take in a block that another peer has."""
_BATCH_BLOCKS: Final = 200
_POLL_S: Final = 0.01


class FabricLedger:
    """A Ledger (see `lxr.node.port`) of one organisation's node, for one thread.

    path: of the node's copy of blocks and state, which is made if it is not there. roots: organisation → its root
    certificate (PEM), as this node knows them, not as the ledger says.
    """

    def __init__(self, connection: Connection, path: Path, roots: Mapping[str, str]) -> None:
        self._connection: Final = connection
        self._roots: Final = dict(roots)
        self._replica: Final = Replica.open(path)
        self._sender: Final = Sender(connection)
        self._snapshots = 0
        self._fresh_until_s = 0.0

    @property
    def differing(self) -> Mapping[str, Said]:
        """Organisations whose contract was found to answer otherwise than the majority, and what it answered."""
        return self._sender.differing

    @property
    def conflicts(self) -> int:
        """How often a transaction lost a race for a key, and was endorsed again."""
        return self._sender.conflicts

    def submit(self, envelopes: Sequence[Envelope]) -> list[Committed | Refusal]:
        """See `Ledger.submit`. Raises OutcomeUnknown too: what was sent and may still take effect."""
        self._follow()
        done = {each.tx_id: Replayed(each.tx_id) for each in envelopes if self._replica.transaction(each.tx_id)}
        outcomes = submit_in_order(self._sender, [each for each in envelopes if each.tx_id not in done])
        self.reach(max((outcome.block + 1 for outcome in outcomes if isinstance(outcome, Sent)), default=0))
        rest = iter(outcomes)
        return [self._answer(each, done.get(each.tx_id) or next(rest)) for each in envelopes]

    def submit_apart(self, envelopes: Sequence[Envelope]) -> Iterator[Committed | Refusal]:
        """See `Ledger.submit_apart`. Raises OutcomeUnknown too, as `submit`."""
        self._follow()
        done = {each.tx_id: Replayed(each.tx_id) for each in envelopes if self._replica.transaction(each.tx_id)}
        outcomes = submit_apart(self._sender, [each for each in envelopes if each.tx_id not in done])
        height = 0
        try:
            for envelope in envelopes:
                outcome = done.get(envelope.tx_id) or next(outcomes)
                height = max(height, outcome.block + 1 if isinstance(outcome, Sent) else 0)
                yield self._answer(envelope, outcome)
        finally:
            outcomes.close()  # nothing more is sent
        self.reach(height)

    def _answer(self, envelope: Envelope, outcome: SendResult) -> Committed | Refusal:
        if isinstance(outcome, Sent):
            return Committed(envelope.tx_id, outcome.block, outcome.result, replay=False)
        if isinstance(outcome, Replayed):
            first = self._found(outcome.tx_id)
            return Committed(outcome.tx_id, first.block, first.transaction.result, replay=True)
        return outcome

    def _found(self, tx_id: str) -> Located:
        """Return a transaction that a peer has: this node's own may be a moment behind."""
        until_s = time.monotonic() + LAG_S
        while (located := self._replica.transaction(tx_id)) is None:
            self._wait(until_s, Said("transaction {tx_id}", tx_id=tx_id))
        return located

    def read(self, keys: Sequence[str]) -> list[bytes | None]:
        """See `Ledger.read`."""
        self._follow()
        return self._replica.read(keys)

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """See `Ledger.scan`."""
        self._follow()
        return self._replica.scan(prefix)

    def height(self) -> int:
        """See `Ledger.height`."""
        self._follow()
        return self._replica.height()

    def blocks(self, start: int = 0) -> Iterator[Block]:
        """See `Ledger.blocks`."""
        self._follow()
        return self._replica.blocks(start)

    def log_node(self, level: int, place: int) -> bytes:
        """See `Ledger.log_node`."""
        self._follow()
        return self._replica.log_node(level, place)

    def log_nodes(self) -> Iterator[Node]:
        """See `Ledger.log_nodes`."""
        self._follow()
        return self._replica.log_nodes()

    def transaction(self, tx_id: str) -> Located | None:
        """See `Ledger.transaction`."""
        self._follow()
        return self._replica.transaction(tx_id)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See `Ledger.snapshot`."""
        self._follow()
        self._snapshots += 1
        try:
            with self._replica.snapshot():
                yield
        finally:
            self._snapshots -= 1

    def proven_blocks(self) -> Iterator[tuple[Block, str]]:
        """See `Ledger.proven_blocks`: from one's own peer, whose word is believed in nothing, and beside one's copy."""
        height = self.height()
        if height == 0:
            return
        verifier = BlockVerifier(
            self._connection.channel, self._connection.chaincode, self._roots, self._connection.endorsements
        )
        tip, log, succession = None, NO_BLOCKS, Succession()
        raw_blocks = self._sender.peers.of(self._organisation).blocks(0, height - 1)
        for raw, copied in zip(raw_blocks, self._replica.blocks(), strict=False):
            checked = verifier.check(raw)
            if checked.number == 0 and checked.hash != hash_of_first(self._connection.genesis_block):
                raise LedgerFault("block 0: it is not the one with which this organisation joined the channel")
            block = as_block(tip, log, checked, succession)
            if block != copied:
                raise LedgerFault(
                    "block {number}: this node's copy is not what its peer has", number=block.header.number
                )
            tip, (log, _) = block.header, log.with_block(bytes.fromhex(block.header.tree))
            yield block, checked.data_hash.hex()
        there = 0 if tip is None else tip.number + 1
        if there < height:  # the copy may have been filled from another organisation's peer
            raise LedgerFault(
                "the peer of {organisation} has {there} of {height} blocks: try again later",
                organisation=self._organisation,
                there=there,
                height=height,
            )

    def storage_fault(self) -> Said | None:
        """See `Ledger.storage_fault`: of the copy, of the state that the peer executes on, and of the founding."""
        fault = self._replica.storage_fault()
        return fault or self._founding_fault() or self._peer_state_fault()

    def _founding_fault(self) -> Said | None:
        genesis = genesis_of(self)
        if genesis.roots != self._roots:
            return Said("the ledger was founded with other root certificates than this node knows")
        here = self._connection.channel, hash_of_first(self._connection.genesis_block)
        if (genesis.channel, genesis.genesis_block) != here:
            return Said("the ledger was founded for another channel than this node's")
        return None

    def endorsers(self, last: int) -> list[tuple[str, ...]]:
        """Who endorsed each of the valid transactions in the last blocks, so many at most, as the peer tells it."""
        channel, chaincode = self._connection.channel, self._connection.chaincode
        height = self.height()
        raw_blocks = self._sender.peers.working().blocks(max(0, height - last), max(0, height - 1))
        blocks = [decode_block(raw, channel, chaincode) for raw in raw_blocks]
        return [each.endorsers for block in blocks for each in block.carried if each.valid][-last:]

    def versions(self) -> dict[str, Versions | Said]:
        """Return what each organisation's node says that it runs, asked by its own peer, or why it does not say."""
        return {organisation: self._versions_of(organisation) for organisation in self._sender.peers.organisations}

    def _versions_of(self, organisation: str) -> Versions | Said:
        try:
            return decode_versions(self._sender.peers.of(organisation).evaluate(VERSIONS, (), [organisation]))
        except GatewayFault as fault:
            return fault.said
        except (msgspec.MsgspecError, UnicodeError):
            return Said("its answer cannot be read")

    def reach(self, height: int) -> None:
        """Wait until this node has that many blocks. Raises LedgerFault: its peer does not get there."""
        until_s = time.monotonic() + LAG_S
        while self._replica.height() < height:
            self._wait(until_s, Said("block {height}", height=height - 1))

    def close(self) -> None:
        """See `Ledger.close`."""
        self._sender.peers.close()
        self._replica.close()

    @property
    def _organisation(self) -> str:
        return self._connection.transport.organisation

    def _follow(self) -> None:
        if self._snapshots == 0 and time.monotonic() >= self._fresh_until_s:
            self._take()

    def _wait(self, until_s: float, what: Said) -> None:
        if time.monotonic() > until_s:
            raise LedgerFault(
                "{what} is on the ledger, and does not reach the peer of {organisation}",
                what=what,
                organisation=self._organisation,
            )
        before = self._replica.height()
        self._take()
        if self._replica.height() == before:
            time.sleep(_POLL_S)

    def _take(self) -> None:
        """Take in the blocks that came since the last time, from the first peer that answers."""
        for _ in self._sender.peers.organisations:
            gateway = self._sender.peers.working()
            try:
                channel, chaincode = self._connection.channel, self._connection.chaincode
                blocks = (decode_block(raw, channel, chaincode) for raw in gateway.blocks(self._replica.height()))
                while batch := list(islice(blocks, _BATCH_BLOCKS)):
                    self._replica.add(batch)
                self._fresh_until_s = time.monotonic() + FRESH_S
                return
            except Unreachable as fault:
                self._sender.peers.failed(gateway)
                unreached = fault
        raise LedgerFault("no peer can be reached: {unreached}", unreached=unreached)

    def _peer_state_fault(self) -> Said | None:
        """Where the state on which the peer's contract runs is not what the blocks have written."""
        try:
            there = dict(self._peer_state())
            ours = dict(self._replica.scan(""))
            differing = {key for key in there.keys() | ours.keys() if there.get(key) != ours.get(key)}
            if differing:  # by blocks that came since, perhaps
                differing -= self._written_since(self._replica.height())
        except GatewayFault as fault:
            return fault.said
        if differing:
            return Said(
                "state of {organisation}'s peer: the value under key {key} is not what was written",
                organisation=self._organisation,
                key=repr(min(differing)),
            )
        return None

    def _peer_state(self) -> Iterator[tuple[str, bytes]]:
        gateway, after = self._sender.peers.of(self._organisation), ""
        while True:
            answer = gateway.evaluate(SCAN, [b"", after.encode()], [self._organisation])
            page: Page = decode_page(answer)
            yield from page
            if not page:
                return
            after = page[-1][0]

    def _written_since(self, height: int) -> set[str]:
        channel, chaincode = self._connection.channel, self._connection.chaincode
        newer = self._sender.peers.of(self._organisation).blocks(height)
        carried = [each for raw in newer for each in decode_block(raw, channel, chaincode).carried]
        return {key for each in carried for key, _ in each.writes}

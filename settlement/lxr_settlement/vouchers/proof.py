"""The proof in a voucher: receipts of its transactions under a checkpoint, and the signatures on that checkpoint."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from lxr_chaincode.checkpoint import Checkpoint, checkpoints
from lxr_node.envelope import Envelope
from lxr_node.port import Ledger, Located
from lxr_node.receipts import Receipts
from lxr_settlement.vouchers.evidence import Act, Evidence
from lxr_settlement.vouchers.voucher import Proof, Proven, Signed

if TYPE_CHECKING:
    from lxr_settlement.projection import Projection


def prove(ledger: Ledger, projection: "Projection", evidence: Evidence) -> Proof | None:
    """Return the proof of what was read of the evidence, under one checkpoint; None while none covers all of it.

    Shown is what was read, and nothing else: parts of records, and a whole envelope only where its command was.
    """
    checkpoint = _covering(ledger, max(act.block for act in evidence.acts))
    if checkpoint is None:
        return None
    height = checkpoint.finding.height
    signers = [
        _signed(_located(ledger, row.tx_id).transaction.envelope)
        for row in projection.writes_of(checkpoints.key(height))
    ]
    receipts = Receipts(ledger, height)
    founding = _located(ledger, evidence.founding.tx_id)
    return Proof(
        finding=checkpoint.finding,
        signed=checkpoint.signed,
        signers=tuple(signers),
        founding=receipts.of(founding, _wanted(evidence.founding)),
        before=receipts.before(founding.block),
        transactions=tuple(_proven(ledger, receipts, act) for act in evidence.acts),
    )


def founding_id(ledger: Ledger) -> str:
    """The id of the ledger's first valid transaction."""
    return next(each.tx_id for block in ledger.blocks() for each in block.transactions if each.valid)


def _proven(ledger: Ledger, receipts: Receipts, act: Act) -> Proven:
    located = _located(ledger, act.tx_id)
    envelope = _signed(located.transaction.envelope) if act.envelope_read else None
    return Proven(receipts.of(located, _wanted(act)), envelope)


def _wanted(act: Act) -> Callable[[str, str], bool]:
    return lambda key, of: (key, of) in act.read


def _located(ledger: Ledger, tx_id: str) -> Located:
    located = ledger.transaction(tx_id)
    assert located is not None
    return located


def _covering(ledger: Ledger, block: int) -> Checkpoint | None:
    """Of the checkpoints above the block the one that most have signed; of those the lowest: the shortest receipts.

    One that is not about this ledger's own blocks, which a single auditor could sign, is passed over.
    """
    height = ledger.height()
    found = [checkpoints.decode(value) for _, value in ledger.scan("checkpoint/")]
    above = [checkpoint for checkpoint in found if block < checkpoint.finding.height <= height]
    for checkpoint in sorted(above, key=lambda each: (-len(each.signed), each.finding.height)):
        if checkpoint.finding.root == next(ledger.blocks(checkpoint.finding.height - 1)).header.root:
            return checkpoint
    return None


def _signed(envelope: Envelope) -> Signed:
    return Signed(envelope.payload.decode(), envelope.signature.hex())

"""The proof in a voucher: receipts of its transactions under a checkpoint, and the signatures on that checkpoint."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from lxr_chaincode.checkpoint import Checkpoint, checkpoints
from lxr_node.envelope import Envelope
from lxr_node.port import Ledger, Located
from lxr_node.receipts import receipt_for
from lxr_settlement.vouchers.voucher import Proof, Proven, Signed

if TYPE_CHECKING:
    from lxr_settlement.projection import Projection


def prove(ledger: Ledger, projection: "Projection", located: Sequence[Located]) -> Proof | None:
    """The proof of the founding and these transactions under one checkpoint; None while none covers them all."""
    checkpoint = _covering(ledger, max(each.block for each in located))
    if checkpoint is None:
        return None
    height = checkpoint.finding.height
    signers = []
    for row in projection.writes_of(checkpoints.key(height)):
        signing = ledger.transaction(row.tx_id)
        assert signing is not None
        signers.append(_signed(signing.transaction.envelope))
    founding, *transactions = [
        _proven(ledger, tx_id, height) for tx_id in (founding_id(ledger), *(each.transaction.tx_id for each in located))
    ]
    return Proof(checkpoint.finding, checkpoint.signed, tuple(signers), founding, tuple(transactions))


def founding_id(ledger: Ledger) -> str:
    """The id of the ledger's first valid transaction."""
    return next(each.tx_id for block in ledger.blocks() for each in block.transactions if each.valid)


def _proven(ledger: Ledger, tx_id: str, height: int) -> Proven:
    located, receipt = ledger.transaction(tx_id), receipt_for(ledger, tx_id, height)
    assert located is not None
    assert receipt is not None
    return Proven(_signed(located.transaction.envelope), receipt)


def _covering(ledger: Ledger, block: int) -> Checkpoint | None:
    """Of the checkpoints above the block the one that most have signed; of those the lowest: the shortest receipts."""
    found = [checkpoints.decode(value) for _, value in ledger.scan("checkpoint/")]
    above = [checkpoint for checkpoint in found if checkpoint.finding.height > block]
    return max(above, key=lambda each: (len(each.signed), -each.finding.height), default=None)


def _signed(envelope: Envelope) -> Signed:
    return Signed(envelope.payload.decode(), envelope.signature.hex())

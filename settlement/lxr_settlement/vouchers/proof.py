"""The proof in a voucher: receipts of its transactions under a checkpoint, and the signatures on that checkpoint."""

from collections.abc import Sequence

from lxr_node.envelope import Envelope
from lxr_node.port import Ledger, Located
from lxr_node.receipts import receipt_for
from lxr_settlement.checkpoints import Agreed, agreed, fits
from lxr_settlement.vouchers.voucher import Proof, Proven, Signed


def prove(ledger: Ledger, located: Sequence[Located]) -> Proof | None:
    """The proof of the founding and these transactions under one checkpoint; None while none covers them all."""
    covering = _covering(ledger, max(each.block for each in located))
    if covering is None:
        return None
    height = covering.finding.height
    signers = []
    for checkpoint in covering.signed.values():
        signing = ledger.transaction(checkpoint.tx_id)
        assert signing is not None
        signers.append(_signed(signing.transaction.envelope))
    founding, *transactions = [
        _proven(ledger, tx_id, height) for tx_id in (founding_id(ledger), *(each.transaction.tx_id for each in located))
    ]
    return Proof(covering.finding, tuple(covering.signed), tuple(signers), founding, tuple(transactions))


def founding_id(ledger: Ledger) -> str:
    """The id of the ledger's first valid transaction."""
    return next(each.tx_id for block in ledger.blocks() for each in block.transactions if each.valid)


def _proven(ledger: Ledger, tx_id: str, height: int) -> Proven:
    located, receipt = ledger.transaction(tx_id), receipt_for(ledger, tx_id, height)
    assert located is not None
    assert receipt is not None
    return Proven(_signed(located.transaction.envelope), receipt)


def _covering(ledger: Ledger, block: int) -> Agreed | None:
    """Of the checkpoints above the block, and right by the ledger's own hash and root, the one that most have signed.

    Of several such the lowest: the shortest receipts.
    """
    above = [each for each in agreed(ledger) if each.finding.height > block]
    above.sort(key=lambda each: (-len(each.signed), each.finding.height))
    return next((each for each in above if fits(ledger, each.finding)), None)


def _signed(envelope: Envelope) -> Signed:
    return Signed(envelope.payload.decode(), envelope.signature.hex())

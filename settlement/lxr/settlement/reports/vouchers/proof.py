"""The proof in a voucher: receipts of its transactions under a checkpoint, and the signatures on that checkpoint."""

from collections.abc import Callable

from lxr.chaincode.envelope import SignedPayload
from lxr.node.port import Ledger, Located
from lxr.node.receipts import Receipts
from lxr.settlement.ledger.checkpoints import Cosigned, cosigned, fits
from lxr.settlement.reports.vouchers.evidence import Act, Evidence
from lxr.settlement.reports.vouchers.voucher import Proof, Proven


def prove(ledger: Ledger, evidence: Evidence) -> Proof | None:
    """Return the proof of what was read of the evidence, under one checkpoint; None while none covers all of it.

    Shown is what was read, and nothing else: parts of records, and a whole envelope only where its command was.
    """
    covering = _covering(ledger, max(act.block for act in evidence.acts))
    if covering is None:
        return None
    height = covering.finding.height
    signers = [SignedPayload.of(_located(ledger, each.tx_id).transaction.envelope) for each in covering.signed.values()]
    receipts = Receipts(ledger, height)
    founding = _located(ledger, evidence.founding.tx_id)
    return Proof(
        finding=covering.finding,
        signed=tuple(covering.signed),
        signers=tuple(signers),
        founding=receipts.of(founding, _wanted(evidence.founding)),
        before=receipts.before(founding.block),
        transactions=tuple(_proven(ledger, receipts, act) for act in evidence.acts),
    )


def founding_id(ledger: Ledger) -> str:
    """Return the id of the ledger's first valid transaction."""
    return next(each.tx_id for block in ledger.blocks() for each in block.transactions if each.valid)


def _proven(ledger: Ledger, receipts: Receipts, act: Act) -> Proven:
    located = _located(ledger, act.tx_id)
    envelope = SignedPayload.of(located.transaction.envelope) if act.envelope_read else None
    return Proven(receipts.of(located, _wanted(act)), envelope)


def _wanted(act: Act) -> Callable[[str, str], bool]:
    return lambda key, of: (key, of) in act.read


def _located(ledger: Ledger, tx_id: str) -> Located:
    located = ledger.transaction(tx_id)
    assert located is not None
    return located


def _covering(ledger: Ledger, block: int) -> Cosigned | None:
    """Of the checkpoints above the block, and right by the ledger's own hash and root, the one that most have signed.

    Of several such the lowest: the shortest receipts.
    """
    above = [each for each in cosigned(ledger) if each.finding.height > block]
    above.sort(key=lambda each: (-len(each.signed), each.finding.height))
    return next((each for each in above if fits(ledger, each.finding)), None)

"""Checkpoints as organisations have signed them: which are the same, and whose an envelope that signs one is."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from msgspec import Struct
from msgspec.structs import astuple

from lxr.chaincode import checkpoint_signers
from lxr.chaincode.admission import admit_shown
from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.checkpoint import Checkpoint, Finding, checkpoints
from lxr.chaincode.checkpoint_signers import AdmitShown, SignatureFault, SignerFault
from lxr.chaincode.envelope import Envelope
from lxr.node.port import Ledger
from lxr.node.said import Said
from lxr.settlement.errors import CheckpointFault


class Cosigned(Struct, frozen=True):
    """A finding, and the checkpoints of the organisations that signed exactly it, by organisation, in their order."""

    finding: Finding
    signed: dict[str, Checkpoint]


def cosigned(ledger: Ledger, height: int | None = None) -> list[Cosigned]:
    """List the checkpoints in force, of one height or of all: by height, what most have signed first.

    They are what was signed, which may be wrong: an audit says that. Raises LedgerFault.
    """
    prefix = f"{checkpoints.name}/" if height is None else f"{checkpoints.key(height)}/"
    found = [(key.rpartition("/")[2], checkpoints.decode(value)) for key, value in ledger.scan(prefix)]
    found.sort(key=lambda each: (*astuple(each[1].finding), ORGANISATIONS.index(each[0])))
    groups = [Cosigned(finding, dict(each)) for finding, each in groupby(found, key=lambda each: each[1].finding)]
    return sorted(groups, key=lambda each: (each.finding.height, -len(each.signed)))


def fits(ledger: Ledger, finding: Finding) -> bool:
    """Whether the ledger says of itself that hash and root at the finding's height are the finding's."""
    if finding.height > ledger.height():
        return False
    block = next(ledger.blocks(finding.height - 1))
    return (finding.block_hash, finding.root) == (block.hash, block.header.root)


def signers_of(
    envelopes: Sequence[Envelope],
    finding: Finding,
    ledgers: Sequence[str] | None,
    roots: Mapping[str, str],
    admit: AdmitShown = admit_shown,
) -> tuple[str, ...]:
    """Return the organisations that sign a finding by these envelopes: see `lxr.chaincode.checkpoint_signers`.

    admit: the newest contract's, where nothing but the signatures is to be trusted. Raises CheckpointFault.
    """
    try:
        return checkpoint_signers.signers_of(envelopes, finding, ledgers, roots, admit)
    except SignerFault as fault:
        raise CheckpointFault("signature {number}: {said}", number=fault.number, said=_said(fault)) from fault.refusal


def _said(fault: SignerFault) -> Said:
    match fault.fault:
        case SignatureFault.REFUSED:
            return Said("{refusal}", refusal=fault.refusal)
        case SignatureFault.ROLE:
            return Said("{caller} may not sign checkpoints", caller=fault.caller)
        case SignatureFault.FINDING:
            return Said("{caller} signed something else than its checkpoint", caller=fault.caller)
        case SignatureFault.TWICE:
            return Said("{caller} has signed already", caller=fault.caller)

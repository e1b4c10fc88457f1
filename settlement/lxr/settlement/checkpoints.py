"""Checkpoints as organisations have signed them: which are the same, and whose an envelope that signs one is."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from msgspec import Struct
from msgspec.structs import astuple

from lxr.chaincode.admission import admit_shown
from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.checkpoint import Checkpoint, Finding, SignCheckpoint, checkpoints
from lxr.chaincode.command import HANDLERS
from lxr.chaincode.contract import Call, decode_command
from lxr.chaincode.envelope import Envelope
from lxr.node.port import Ledger
from lxr.settlement.errors import CheckpointFault
from lxr.token.refusal import Refusal

AdmitShown = Callable[[Envelope, Sequence[str] | None, Mapping[str, str]], Call]
"""What takes an envelope that is shown by itself, or refuses it: see `lxr.chaincode.admission.admit_shown`."""


class Cosigned(Struct, frozen=True):
    """A finding, and the checkpoints of the organisations that signed exactly it, by organisation, in their order."""

    finding: Finding
    signed: dict[str, Checkpoint]


def cosigned(ledger: Ledger, height: int | None = None) -> list[Cosigned]:
    """The checkpoints in force, of one height or of all: by height, and of one height what most have signed first.

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
    """The organisations that sign a finding by these envelopes, whether or not these are on a ledger.

    ledgers: the ids for which they may be signed; None: any. roots: organisation → its root certificate (PEM). admit:
    the newest contract alone, where nothing but the signatures is to be trusted. Raises
    CheckpointFault: a signature or certificate does not hold, is for another ledger, is of a role that signs no
    checkpoints, signs something else, or an organisation stands there twice.
    """
    signed: list[str] = []
    for position, envelope in enumerate(envelopes, start=1):
        try:
            call = admit(envelope, ledgers, roots)
            command = decode_command(call.body)
        except Refusal as refusal:
            raise CheckpointFault(f"signature {position}: {refusal}") from None
        caller = call.caller
        if f"{caller.organisation}/{caller.role}" not in HANDLERS[SignCheckpoint].callers:
            raise CheckpointFault(f"signature {position}: {caller} may not sign checkpoints")
        if not isinstance(command, SignCheckpoint) or command.finding != finding:
            raise CheckpointFault(f"signature {position}: {caller} signed something else than its checkpoint")
        if caller.organisation in signed:
            raise CheckpointFault(f"signature {position}: {caller.organisation} has signed already")
        signed.append(caller.organisation)
    return tuple(signed)

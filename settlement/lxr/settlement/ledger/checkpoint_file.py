"""A checkpoint as a file that one party hands to another: the finding, and each signing organisation's own envelope."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.checkpoint import Finding
from lxr.chaincode.envelope import SignedPayload
from lxr.chaincode.types import Record, canonical
from lxr.node.audit import Comparison, Restored
from lxr.node.port import Ledger
from lxr.node.said import Said
from lxr.settlement.errors import CheckpointFault, InputFault
from lxr.settlement.files import read_bounded
from lxr.settlement.ledger.checkpoints import cosigned, fits, signers_of

_BYTES_MAX: Final = 200_000
CHECKPOINT_EXPECTED: Final = "a file of lxr ledger checkpoint"


class CheckpointFile(Record, frozen=True):
    """finding: what was signed. signed: the envelopes that sign it, one for each organisation."""

    finding: Finding
    signed: Annotated[tuple[SignedPayload, ...], Meta(min_length=1, max_length=len(ORGANISATIONS))]


def checkpoint_file(ledger: Ledger, height: int) -> CheckpointFile:
    """Return the checkpoint of a height that most organisations have signed, of those that fit the ledger as it stands.

    Raises CheckpointFault: nobody signed what the ledger holds at that height. LedgerFault.
    """
    with ledger.snapshot():
        found = next((each for each in cosigned(ledger, height) if fits(ledger, each.finding)), None)
        if found is None:
            raise CheckpointFault("nobody has signed what the ledger holds at height {height}", height=height)
        signed = []
        for checkpoint in found.signed.values():
            located = ledger.transaction(checkpoint.tx_id)
            assert located is not None
            signed.append(SignedPayload.of(located.transaction.envelope))
    return CheckpointFile(found.finding, tuple(signed))


def encode_checkpoint(file: CheckpointFile) -> bytes:
    """Return the file's bytes: canonical JSON."""
    return canonical(file) + b"\n"


def load_checkpoint(path: Path) -> CheckpointFile:
    """Read a checkpoint's file, whose signatures are still to be verified. Raises InputFault: it is none."""
    try:
        return msgspec.json.decode(read_bounded(path, _BYTES_MAX), type=CheckpointFile)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as fault:
        raise InputFault(
            file=str(path), problem=Said("is no checkpoint: {fault}", fault=fault), expected=CHECKPOINT_EXPECTED
        ) from None


def read_checkpoint(
    path: Path, ledgers: Sequence[str] | None, roots: Mapping[str, str]
) -> tuple[Finding, tuple[str, ...]]:
    """Return the finding in a file, and the organisations that sign exactly it.

    ledgers: the ids for which they may have signed; None: any, where the root alone counts. roots: organisation → its
    root certificate (PEM). Both as the reader knows them, never from the file.
    Raises InputFault: not such a file, or what `signers_of` raises: of another ledger, say.
    """
    file = load_checkpoint(path)
    envelopes = [each.as_envelope for each in file.signed]
    try:
        return file.finding, signers_of(envelopes, file.finding, ledgers, roots)
    except CheckpointFault as fault:
        raise InputFault(file=str(path), problem=fault.said) from fault.__cause__


def comparison(finding: Finding, signers: Sequence[str]) -> Comparison:
    """Compare an audit with a checkpoint that these organisations signed, whatever the ledger says of it."""
    who, height = ", ".join(signers), finding.height

    def compare(findings: Sequence[Finding], _: Sequence[Restored]) -> Said | None:
        if height > len(findings):
            return Said(
                "truncated: the ledger ends at block {count}, {who} signed block {height} of it",
                count=len(findings) - 1,
                who=who,
                height=height - 1,
            )
        for name in Finding.__struct_fields__:
            signed, found = getattr(finding, name), getattr(findings[height - 1], name)
            if signed != found:
                return Said(
                    "forked: {who} signed {name} {signed} at height {height}, recomputed {found}",
                    who=who,
                    name=name,
                    signed=signed,
                    height=height,
                    found=found,
                )
        return None

    return compare

"""Which organisations sign a finding, by envelopes that are shown by themselves."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final

from ..token.refusal import Refusal
from .checkpoint import Finding, SignCheckpoint
from .command import HANDLERS
from .contract import Call, decode_command
from .envelope import Envelope

AdmitShown = Callable[[Envelope, Sequence[str] | None, Mapping[str, str]], Call]
"""What takes an envelope that is shown by itself, or refuses it: see `admission.admit_shown`."""


class SignatureFault(StrEnum):
    """What is wrong with an envelope that is to sign a finding."""

    REFUSED = "refused"
    """Its form, certificate, signature or ledger."""
    ROLE = "role"
    """It is of a role that signs no checkpoints."""
    FINDING = "finding"
    """It signs something else."""
    TWICE = "twice"
    """Its organisation has signed already."""


class SignerFault(ValueError):
    """An envelope does not sign a finding. number: its place, from 1. caller: who signed it. refusal: of admission."""

    def __init__(
        self, number: int, fault: SignatureFault, *, caller: str | None = None, refusal: Refusal | None = None
    ) -> None:
        super().__init__(f"signature {number}: {fault}")
        self.number: Final = number
        self.fault: Final = fault
        self.caller: Final = caller
        self.refusal: Final = refusal


def signers_of(
    envelopes: Sequence[Envelope],
    finding: Finding,
    ledgers: Sequence[str] | None,
    roots: Mapping[str, str],
    admit: AdmitShown,
) -> tuple[str, ...]:
    """Return the organisations that sign a finding by these envelopes, whether or not these are on a ledger.

    ledgers: the ids for which they may be signed; None: any. roots: organisation → its root certificate (PEM). admit:
    a contract's. Raises SignerFault.
    """
    signed: list[str] = []
    for number, envelope in enumerate(envelopes, start=1):
        try:
            call = admit(envelope, ledgers, roots)
            command = decode_command(call.body)
        except Refusal as refusal:
            raise SignerFault(number, SignatureFault.REFUSED, refusal=refusal) from None
        caller = call.caller
        if f"{caller.organisation}/{caller.role}" not in HANDLERS[SignCheckpoint].callers:
            raise SignerFault(number, SignatureFault.ROLE, caller=str(caller))
        if not isinstance(command, SignCheckpoint) or command.finding != finding:
            raise SignerFault(number, SignatureFault.FINDING, caller=str(caller))
        if caller.organisation in signed:
            raise SignerFault(number, SignatureFault.TWICE, caller=caller.organisation)
        signed.append(caller.organisation)
    return tuple(signed)

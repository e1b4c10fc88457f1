"""From a call to an answer: the one way into the contracts."""

import hashlib
from typing import Any, Final, Union

import msgspec
from msgspec import Struct

from ..token.refusal import Refusal
from . import (  # noqa: F401  (each registers its commands)
    accession,
    assignments,
    attestations,
    awards,
    carry_over,
    cashout,
    cashout_holds,
    checkpoint,
    clock,
    closing_register,
    contests,
    custody,
    decisions,
    deductions,
    employers,
    founding,
    governance,
    instruction,
    payees,
    period,
    persons,
    recovery,
    registration,
    reinstatement,
    rejections,
    restoration,
    reversal,
    revocation,
    run_funding,
    run_opening,
    run_payment,
    run_pricing,
    run_sweep,
    sheet_certification,
    statement_booking,
    status_changes,
    terms,
    upgrade,
    workday,
    workday_answers,
    worker_keys,
)
from .caller import EMPLOYER, Caller
from .clock import clocks, refuse_old
from .command import HANDLERS, AnyCommand, RequestRecord, request_scope, requests
from .decoding import place_of
from .nesting import refuse_nested
from .refusals import (
    CertificateRefused,
    MalformedCommand,
    NotAllowed,
    NotYours,
    RequestVoid,
    SameIdOtherBody,
)
from .revocation import revocations
from .things import Part
from .types import canonical
from .world import Reader, Verify, World, verify


class Call(Struct, frozen=True):
    """tx_id: the transaction's. at_ms: its timestamp, unix ms. body: the command in JSON."""

    tx_id: str
    at_ms: int
    caller: Caller
    body: bytes


class Accepted(Struct, frozen=True):
    """result: canonical JSON. writes: sorted by key.

    replay: the id of the transaction that did this before; then nothing is written, and the result is the first one.
    """

    result: bytes
    writes: tuple[tuple[str, bytes], ...]
    replay: str | None = None


_decode: Final[Any] = msgspec.json.Decoder(Union[tuple(HANDLERS)]).decode  # noqa: UP007  (made at run time)


def decode_command(body: bytes) -> AnyCommand:
    """The command in these bytes, which must be its canonical ones. Refuses: MalformedCommand with the field."""
    refuse_nested(body)
    try:
        command: AnyCommand = _decode(body)
        if canonical(command) != body:  # spaces, a key twice, another order, a number written otherwise …
            raise MalformedCommand(case="not_canonical", part=Part.COMMAND)
    except (msgspec.MsgspecError, UnicodeError) as fault:
        raise MalformedCommand(part=Part.COMMAND, **place_of(fault)) from None
    return command


def execute(reader: Reader, call: Call, verify: Verify = verify) -> Accepted:
    """Run one call on the state under it; after a refusal nothing is to be written.

    Refuses: MalformedCommand, CertificateRefused, NotAllowed, NotYours, SameIdOtherBody, RequestVoid, TooOld, and what
    the command's own function refuses.
    """
    command = decode_command(call.body)
    handler = HANDLERS[type(command)]
    caller = call.caller
    world = World(reader, caller, call.tx_id, call.at_ms, verify)
    if world.get(revocations, caller.organisation, caller.serial) is not None:
        raise CertificateRefused(case="revoked")
    if f"{caller.organisation}/{caller.role}" not in handler.callers:
        raise NotAllowed(caller=str(caller), command=_name(command))
    if caller.organisation == EMPLOYER and getattr(command, "employer", caller.employer) != caller.employer:
        raise NotYours(case="caller", employer=str(getattr(command, "employer", None)), caller=str(caller))
    scope = request_scope(caller)
    body_digest = hashlib.sha256(call.body).hexdigest()
    first = world.get(requests, scope, command.request_id)
    if first is not None:
        if first.body is None:
            raise RequestVoid(request_id=command.request_id)
        if first.body != body_digest:
            raise SameIdOtherBody(request_id=command.request_id, tx_id=first.tx_id)
        return Accepted(bytes(first.result), (), first.tx_id)
    ledger_clock = world.get(clocks)
    refuse_old(ledger_clock, call.at_ms)
    if ledger_clock is not None:  # no deadline is met, and no day begun, by a signature that is a few minutes old
        world.at_ms = max(call.at_ms, ledger_clock.at_ms)
    result = canonical(handler.function(world, command))
    world.put(requests, RequestRecord(body_digest, call.tx_id, msgspec.Raw(result)), scope, command.request_id)
    return Accepted(result, world.writes())


def _name(command: AnyCommand) -> str:
    return str(type(command).__struct_config__.tag)


__all__ = ["Accepted", "Call", "Refusal", "decode_command", "execute"]

"""Instructing a cash-out: one person prepares the bank's file, another approves it, and the money leaves.

The treasurer states the file (经办). Another person, as treasurer or operator, approves exactly that (复核); from a
governed sum on, a third one approves it too, as the union's admin (授权). What was prepared for two on the same day
counts with it, so that no sum is split. Before, it can be cancelled; afterwards not.
"""

from datetime import date
from typing import Annotated, Final

from msgspec import Meta
from msgspec.structs import replace

from lxr_chaincode.cashout import CashOutAnswer, need_cash_out
from lxr_chaincode.cashout_records import (
    CASH_OUT_MOVES,
    Approval,
    CashOut,
    CashOutState,
    cash_out_shards,
    cash_outs,
)
from lxr_chaincode.command import Command, handles
from lxr_chaincode.custody_records import custodies
from lxr_chaincode.days import day_of
from lxr_chaincode.governance import parameter_on
from lxr_chaincode.refusals import (
    FiguresDiffer,
    HashDiffers,
    NothingToPayOut,
    PayoutsStopped,
    SamePerson,
    ShardNotReady,
)
from lxr_chaincode.types import CashOutNo, Digest, Number, digest
from lxr_chaincode.world import World
from lxr_token.fen import Fen

CHECKERS: Final = ("operator", "treasurer")
"""The union's roles of which a second person approves each cash-out."""
SECOND_ROLE: Final = "admin"
"""The union's role that must approve it too from `cashout.second_role_fen` on."""
LIMIT: Final = "cashout.second_role_fen"


class InstructCashOut(Command, frozen=True, kw_only=True, tag="cashout.instruct"):
    """State the bank's file, by its digest, for approval. execution_date: the day that stands in it."""

    cashout: CashOutNo
    message_id: Annotated[str, Meta(pattern=r"^[A-Z0-9-]{1,35}\Z")]
    file_digest: Digest
    execution_date: date
    total_fen: Fen
    count: Number


class ApproveCashOut(Command, frozen=True, kw_only=True, tag="cashout.approve"):
    """Approve what was stated. With the last approval that it needs, the money has left.

    digest: of all that was stated, see `instruction_digest`.
    """

    cashout: CashOutNo
    digest: Digest


def instruction_digest(number: str, cash_out: CashOut) -> str:
    """Return the digest of what a prepared cash-out states, which everybody who approves it signs."""
    return digest(
        (
            number,
            cash_out.custody,
            cash_out.message_id,
            cash_out.file_digest,
            cash_out.execution_date,
            cash_out.total_fen,
            cash_out.count,
            cash_out.second_role,
            cash_out.prepared_by,
        )
    )


def waiting_for(cash_out: CashOut) -> tuple[str, ...]:
    """Return the roles, as 'operator or treasurer', that must still approve what is prepared."""
    given = {approval.role for approval in cash_out.approvals}
    wanted = (CHECKERS, (SECOND_ROLE,)) if cash_out.second_role else (CHECKERS,)
    return tuple(" or ".join(roles) for roles in wanted if not given.intersection(roles))


@handles(InstructCashOut, "union/treasurer")
def instruct_cash_out(world: World, command: InstructCashOut) -> CashOutAnswer:
    """State the bank's file.

    Refuses: Unknown, WrongState, ShardNotReady, ParameterMissing, NothingToPayOut, PayoutsStopped, FiguresDiffer.
    """
    # READ
    cash_out = need_cash_out(world, command.cashout, CashOutState.OPEN)
    shards = world.get_many(cash_out_shards, [(command.cashout, shard) for shard in cash_out.shards])
    custody = world.need(custodies, cash_out.custody)
    today = day_of(world.at_ms)
    limit_fen = parameter_on(world, LIMIT, today)
    # REFUSE
    for shard, record in zip(cash_out.shards, shards, strict=True):
        if record is None:
            raise ShardNotReady(shard=shard, what=command.cashout, state="not held", needed="held")
    held = [record for record in shards if record]
    total_fen = sum(record.total_fen for record in held)
    count = sum(len(record.orders) for record in held)
    if count == 0:
        raise NothingToPayOut(cashout=command.cashout)
    if custody.shortfall_fen:
        raise PayoutsStopped(custody=cash_out.custody, shortfall_fen=custody.shortfall_fen)
    if (total_fen, count) != (command.total_fen, command.count):
        there, given = f"{count} orders of {total_fen} fen", f"{command.count} of {command.total_fen}"
        raise FiguresDiffer(what=command.cashout, there=there, given=given)
    # COMPUTE
    day = max(today, custody.two_persons_day or today)  # a command may be minutes older than the last
    day_fen = total_fen + (custody.two_persons_fen if custody.two_persons_day == day else 0)
    makers = {cash_out.opened_by, world.caller.person, *(record.held_by for record in held)}
    prepared = replace(
        cash_out,
        state=CashOutState.PREPARED,
        message_id=command.message_id,
        file_digest=command.file_digest,
        execution_date=command.execution_date,
        total_fen=total_fen,
        count=count,
        second_role=day_fen >= limit_fen,
        prepared_by=tuple(sorted(makers)),
    )
    # WRITE: from here on it must succeed
    assert prepared.state in CASH_OUT_MOVES[cash_out.state]
    world.put(cash_outs, prepared, command.cashout)
    if not prepared.second_role:
        world.put(custodies, replace(custody, two_persons_day=day, two_persons_fen=day_fen), cash_out.custody)
    return CashOutAnswer(command.cashout, prepared.state, cash_out.shards)


@handles(ApproveCashOut, *(f"union/{role}" for role in (*CHECKERS, SECOND_ROLE)))
def approve_cash_out(world: World, command: ApproveCashOut) -> CashOutAnswer:
    """Approve what was stated. Refuses: Unknown, WrongState, HashDiffers, PayoutsStopped, SamePerson."""
    # READ
    cash_out = need_cash_out(world, command.cashout, CashOutState.PREPARED)
    custody = world.need(custodies, cash_out.custody)
    # REFUSE
    if command.digest != instruction_digest(command.cashout, cash_out):
        raise HashDiffers(what=f"cash-out {command.cashout}")
    if custody.shortfall_fen:
        raise PayoutsStopped(custody=cash_out.custody, shortfall_fen=custody.shortfall_fen)
    approver = Approval(world.caller.person, world.caller.role)
    if approver.person in (*cash_out.prepared_by, *(approval.person for approval in cash_out.approvals)):
        raise SamePerson(person=approver.person, what=f"cash-out {command.cashout}")
    # COMPUTE
    approved = replace(cash_out, approvals=(*cash_out.approvals, approver))
    leaves = not waiting_for(approved)
    if leaves:
        approved = replace(approved, state=CashOutState.INSTRUCTED, instructed_ms=world.at_ms)
    # WRITE: from here on it must succeed
    assert approved.state in CASH_OUT_MOVES[cash_out.state]
    world.put(cash_outs, approved, command.cashout)
    if leaves:
        left_fen = custody.instructed_fen + cash_out.total_fen
        world.put(custodies, replace(custody, instructed_fen=left_fen), cash_out.custody)
    return CashOutAnswer(command.cashout, approved.state, cash_out.shards)

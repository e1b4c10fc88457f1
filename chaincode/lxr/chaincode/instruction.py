"""Instructing a cash-out: one person prepares the bank's file, another approves it, and the money leaves.

The treasurer states the file (经办). Another person, as treasurer or operator, approves exactly that (复核); from a
governed sum on, a third one approves it too, as the union's admin (授权). What was prepared for two on the same day
counts with it, so that no sum is split. Then the bank's teller accepts the file that the bank holds: until then the
cash-out can be cancelled, afterwards not. No payout exceeds what the bank's statements show of its owner's money.
"""

from datetime import date
from typing import Annotated, Final

from msgspec import Meta
from msgspec.structs import replace

from ..token.fen import Fen
from .cashout import CashOutAnswer, need_cash_out, with_pending
from .cashout_records import (
    CASH_OUT_MOVES,
    Approval,
    CashOut,
    CashOutState,
    cash_out_shards,
    cash_outs,
)
from .command import Command, handles
from .custody_records import backings, custodies
from .days import day_of
from .parameters import parameter_on
from .refusals import (
    FiguresDiffer,
    HashDiffers,
    NothingToPayOut,
    SamePerson,
    ShardNotReady,
)
from .reserve import Cover, owner_of
from .types import CashOutNo, Digest, Number, digest
from .world import World

CHECKERS: Final = ("operator", "treasurer")
"""The union's roles of which a second person approves each cash-out."""
SECOND_ROLE: Final = "admin"
"""The union's role that must approve it too from `cashout.second_role_fen` on."""
LIMIT: Final = "cashout.second_role_fen"


class InstructCashOut(Command, frozen=True, kw_only=True, tag="cashout.instruct"):
    """State the bank's file for approval. execution_date: the day that stands in it.

    file_digest: HMAC-SHA256 of the file under random bytes that lie with it, for the file names persons, whom a bare
    digest would give away to whoever guesses.
    """

    cashout: CashOutNo
    message_id: Annotated[str, Meta(pattern=r"^[A-Z0-9-]{1,35}\Z")]
    file_digest: Digest
    execution_date: date
    total_fen: Fen
    count: Number


class ApproveCashOut(Command, frozen=True, kw_only=True, tag="cashout.approve"):
    """Approve what was stated. With the last approval that it needs, the file goes to the bank.

    digest: of all that was stated, see `instruction_digest`.
    """

    cashout: CashOutNo
    digest: Digest


class AcceptCashOut(Command, frozen=True, kw_only=True, tag="cashout.accept"):
    """Say that the bank holds the file and will execute it. file_digest: of the file that it holds."""

    cashout: CashOutNo
    file_digest: Digest


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

    Refuses: Unknown, WrongState, ShardNotReady, ParameterMissing, NothingToPayOut, FiguresDiffer, PayoutsStopped,
    NotCovered.
    """
    # READ
    cash_out = need_cash_out(world, command.cashout, CashOutState.OPEN)
    shards = world.get_many(cash_out_shards, [(command.cashout, shard) for shard in cash_out.shards])
    today = day_of(world.at_ms)
    cover = Cover(world, cash_out, today)
    custody = cover.custody
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
    if (total_fen, count) != (command.total_fen, command.count):
        there, given = f"{count} orders of {total_fen} fen", f"{command.count} of {command.total_fen}"
        raise FiguresDiffer(what=command.cashout, there=there, given=given)
    cover.refuse(total_fen)
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
    """Approve what was stated. Refuses: Unknown, WrongState, HashDiffers, SamePerson, PayoutsStopped, NotCovered."""
    # READ
    cash_out = need_cash_out(world, command.cashout, CashOutState.PREPARED)
    cover = Cover(world, cash_out, day_of(world.at_ms))
    # REFUSE
    if command.digest != instruction_digest(command.cashout, cash_out):
        raise HashDiffers(what=f"cash-out {command.cashout}")
    approver = Approval(world.caller.person, world.caller.role)
    if approver.person in (*cash_out.prepared_by, *(approval.person for approval in cash_out.approvals)):
        raise SamePerson(person=approver.person, what=f"cash-out {command.cashout}")
    cover.refuse(cash_out.total_fen)
    # COMPUTE
    approved = replace(cash_out, approvals=(*cash_out.approvals, approver))
    leaves = not waiting_for(approved)
    if leaves:
        approved = replace(approved, state=CashOutState.INSTRUCTED, instructed_ms=world.at_ms)
    # WRITE: from here on it must succeed
    assert approved.state in CASH_OUT_MOVES[cash_out.state]
    world.put(cash_outs, approved, command.cashout)
    if leaves:
        custody, part = with_pending(cash_out, cover.custody, cover.part, cash_out.total_fen)
        world.put(custodies, custody, cash_out.custody)
        world.put(backings, part, owner_of(cash_out))
    return CashOutAnswer(command.cashout, approved.state, cash_out.shards)


@handles(AcceptCashOut, "bank/teller")
def accept_cash_out(world: World, command: AcceptCashOut) -> CashOutAnswer:
    """Accept. Refuses: Unknown, WrongState, HashDiffers, PayoutsStopped, NotCovered: its cover has gone since."""
    # READ
    cash_out = need_cash_out(world, command.cashout, CashOutState.INSTRUCTED)
    cover = Cover(world, cash_out, day_of(world.at_ms))
    # REFUSE
    if command.file_digest != cash_out.file_digest:
        raise HashDiffers(what=f"the file of cash-out {command.cashout}")
    cover.refuse(cash_out.total_fen, pending=True)
    # WRITE: from here on it must succeed
    assert CashOutState.ACCEPTED in CASH_OUT_MOVES[cash_out.state]
    accepted = replace(cash_out, state=CashOutState.ACCEPTED, accepted_ms=world.at_ms)
    world.put(cash_outs, accepted, command.cashout)
    return CashOutAnswer(command.cashout, accepted.state, cash_out.shards)

"""Instructing a cash-out: one person prepares the bank's files, another approves them, and the money leaves.

The treasurer states the files (经办): one, or several where the bank takes fewer payments in one than there are.
Another person, as treasurer or operator, approves exactly that (复核); from a governed sum on, a third one approves it
too, as the union's admin (授权). What was prepared for two on the same day counts with it, so that no sum is split.
Then the bank's teller accepts the files that the bank holds, all of them at once: until then the cash-out can be
cancelled, afterwards not. No payout exceeds what the bank's statements show of its owner's money.
"""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Final

from msgspec import Meta
from msgspec.structs import replace

from ..token.fen import Fen
from .cashout import CashOutAnswer, need_cash_out, with_pending
from .cashout_records import (
    CASH_OUT_MOVES,
    FILES_MAX,
    Approval,
    BankFile,
    CashOut,
    CashOutShard,
    CashOutState,
    CreatedMs,
    Debtor,
    FileSum,
    MessageId,
    ShardCount,
    cash_out_shards,
    cash_outs,
)
from .command import Command, handles
from .custody_records import backings, custodies
from .days import day_of
from .parameters import parameter_on
from .refusals import (
    DateInFuture,
    Exists,
    FiguresDiffer,
    HashDiffers,
    NothingToPayOut,
    SamePerson,
    ShardNotReady,
)
from .reserve import Cover, owner_of
from .things import Standing, Thing
from .types import CashOutNo, Digest, Number, Record, digest
from .world import World

CHECKERS: Final = ("operator", "treasurer")
"""The union's roles of which a second person approves each cash-out."""
SECOND_ROLE: Final = "admin"
"""The union's role that must approve it too from `cashout.second_role_fen` on."""
LIMIT: Final = "cashout.second_role_fen"


class StatedFile(Record, frozen=True):
    """One of the bank's files: see `BankFile` and `FileSum`."""

    message_id: MessageId
    digest: Digest
    shards: ShardCount
    count: Number
    total_fen: Fen


class InstructCashOut(Command[CashOutAnswer], frozen=True, kw_only=True, tag="cashout.instruct"):
    """State the bank's files for approval. prepared_ms, execution_date, debtor: what stands in each of them."""

    cashout: CashOutNo
    files: Annotated[tuple[StatedFile, ...], Meta(min_length=1, max_length=FILES_MAX)]
    prepared_ms: CreatedMs
    execution_date: date
    debtor: Debtor


class ApproveCashOut(Command[CashOutAnswer], frozen=True, kw_only=True, tag="cashout.approve"):
    """Approve what was stated. With the last approval that it needs, the files go to the bank.

    digest: of all that was stated, see `instruction_digest`.
    """

    cashout: CashOutNo
    digest: Digest


class AcceptCashOut(Command[CashOutAnswer], frozen=True, kw_only=True, tag="cashout.accept"):
    """Say that the bank holds the files and will execute them. files: the digests of those that it holds, in order."""

    cashout: CashOutNo
    files: Annotated[tuple[Digest, ...], Meta(min_length=1, max_length=FILES_MAX)]


def instruction_digest(number: str, cash_out: CashOut) -> str:
    """Return the digest of what a prepared cash-out states, which everybody who approves it signs."""
    return digest(
        (
            number,
            cash_out.custody,
            cash_out.files,
            cash_out.file_sums,
            cash_out.prepared_ms,
            cash_out.execution_date,
            cash_out.debtor,
            cash_out.total_fen,
            cash_out.count,
            cash_out.second_role,
            cash_out.prepared_by,
        )
    )


def waiting_for(cash_out: CashOut) -> tuple[tuple[str, ...], ...]:
    """Return the roles that must still approve what is prepared: of each group one."""
    given = {approval.role for approval in cash_out.approvals}
    wanted = (CHECKERS, (SECOND_ROLE,)) if cash_out.second_role else (CHECKERS,)
    return tuple(roles for roles in wanted if not given.intersection(roles))


@handles(InstructCashOut, "union/treasurer")
def instruct_cash_out(world: World, command: InstructCashOut) -> CashOutAnswer:
    """State the bank's files.

    Refuses: Unknown, WrongState, ShardNotReady, ParameterMissing, NothingToPayOut, Exists, FiguresDiffer, DateInFuture,
    PayoutsStopped, NotCovered.
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
            raise ShardNotReady(
                case="state",
                shard=shard,
                number=command.cashout,
                state=Standing.NOT_HELD,
                needed=(Standing.HELD,),
            )
    held = [record for record in shards if record]
    total_fen = sum(record.total_fen for record in held)
    count = sum(len(record.orders) for record in held)
    if count == 0:
        raise NothingToPayOut(cashout=command.cashout)
    _refuse_other_files(command, held)
    if day_of(command.prepared_ms) > today:
        raise DateInFuture(day=day_of(command.prepared_ms).isoformat(), today=today.isoformat())
    cover.refuse(total_fen)
    # COMPUTE
    day = max(today, custody.two_persons_day or today)  # a command may be minutes older than the last
    day_fen = total_fen + (custody.two_persons_fen if custody.two_persons_day == day else 0)
    makers = {cash_out.opened_by, world.caller.person, *(record.held_by for record in held)}
    prepared = replace(
        cash_out,
        state=CashOutState.PREPARED,
        files=tuple(BankFile(each.message_id, each.digest, each.shards) for each in command.files),
        file_sums=tuple(FileSum(each.count, each.total_fen) for each in command.files),
        prepared_ms=command.prepared_ms,
        execution_date=command.execution_date,
        debtor=command.debtor,
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


def _refuse_other_files(command: InstructCashOut, held: Sequence[CashOutShard]) -> None:
    """Refuse files that are not two by two different, or do not pay each shard, whole, once.

    Refuses: Exists, FiguresDiffer.
    """
    seen: set[str] = set()
    for file in command.files:
        for name in (file.message_id, file.digest):
            if name in seen:
                raise Exists(what=Thing.PAYMENT_FILE, number=name)
            seen.add(name)
    named = sum(file.shards for file in command.files)
    if named != len(held):
        raise FiguresDiffer(case="shards", cashout=command.cashout, there=len(held), given=named)
    first = 0
    for file in command.files:
        theirs = held[first : first + file.shards]
        first += file.shards
        total_fen, count = sum(each.total_fen for each in theirs), sum(len(each.orders) for each in theirs)
        if count != file.count:
            raise FiguresDiffer(case="payments", file=file.message_id, there=count, given=file.count)
        if total_fen != file.total_fen:
            sums = {"there_fen": total_fen, "given_fen": file.total_fen}
            raise FiguresDiffer(case="payments_fen", file=file.message_id, **sums)


@handles(ApproveCashOut, *(f"union/{role}" for role in (*CHECKERS, SECOND_ROLE)))
def approve_cash_out(world: World, command: ApproveCashOut) -> CashOutAnswer:
    """Approve what was stated. Refuses: Unknown, WrongState, HashDiffers, SamePerson, PayoutsStopped, NotCovered."""
    # READ
    cash_out = need_cash_out(world, command.cashout, CashOutState.PREPARED)
    cover = Cover(world, cash_out, day_of(world.at_ms))
    # REFUSE
    if command.digest != instruction_digest(command.cashout, cash_out):
        raise HashDiffers(what=Thing.CASHOUT, number=command.cashout)
    approver = Approval(world.caller.person, world.caller.role)
    if approver.person in (*cash_out.prepared_by, *(approval.person for approval in cash_out.approvals)):
        raise SamePerson(person=approver.person, what=Thing.CASHOUT, number=command.cashout)
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
    if command.files != tuple(file.digest for file in cash_out.files):
        raise HashDiffers(what=Thing.PAYMENT_FILE, number=command.cashout)
    cover.refuse(cash_out.total_fen, pending=True)
    # WRITE: from here on it must succeed
    assert CashOutState.ACCEPTED in CASH_OUT_MOVES[cash_out.state]
    accepted = replace(cash_out, state=CashOutState.ACCEPTED, accepted_ms=world.at_ms)
    world.put(cash_outs, accepted, command.cashout)
    return CashOutAnswer(command.cashout, accepted.state, cash_out.shards)

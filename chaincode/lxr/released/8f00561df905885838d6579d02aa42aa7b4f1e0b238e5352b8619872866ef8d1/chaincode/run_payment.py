"""How a run is paid: workers are credited from their shard's account, some shards at a time."""

from msgspec import Struct
from msgspec.structs import replace

from ..token.accounts import AccountKind, Reason, account
from ..token.journal import Journal, Posting
from .books import OfShard, reading_journal, write_balances, write_entry
from .command import Command, handles
from .payroll import ShardAnswer, ShardAnswers, need_run, reading_shard, shard_account
from .runs import PayLine, RunShard, RunState, ShardState, pay_lines, run_shards
from .shards import Shards, each_shard
from .types import RunNo
from .world import Reads, World, reading_both, reading_needed


class PayShards(Command[ShardAnswers], frozen=True, kw_only=True, tag="payroll.pay"):
    """Credit the workers of some shards, each from its shard's account."""

    run: RunNo
    shards: Shards


class _Unpaid(Struct, frozen=True):
    """Everything that is read for a shard before it is paid."""

    record: RunShard
    lines: dict[str, PayLine]
    journal: Journal


@handles(PayShards, "union/treasurer")
def pay_shards(world: World, command: PayShards) -> ShardAnswers:
    """Pay some shards.

    Refuses: MalformedCommand, Unknown, WrongState; of a shard, which is left out: ShardNotReady, AmountTooLarge.
    """
    # READ
    run = need_run(world, command.run, RunState.FUNDED)
    # and by shard, of all at once: READ, REFUSE, COMPUTE and WRITE
    postings: list[Posting] = []
    answers, left_out = each_shard(
        world,
        command.shards,
        lambda shard: _reading_unpaid(command.run, OfShard(run.employer, shard)),
        lambda shard, unpaid: _pay(world, command.run, OfShard(run.employer, shard), unpaid, postings),
    )
    write_entry(world, postings, "payroll.pay")
    return ShardAnswers(answers, left_out)


def _reading_unpaid(number: str, crew: OfShard) -> Reads[_Unpaid]:
    """Come to what is read for a shard before it is paid. Refuses: ShardNotReady, Unknown."""
    (record, found), journal = yield from reading_both(
        reading_both(
            reading_shard(number, crew.shard, ShardState.PRICED), reading_needed(pay_lines, number, crew.shard)
        ),
        reading_journal([shard_account(number, crew.shard)], crew),
    )
    return _Unpaid(record, found.lines, journal)


def _pay(world: World, number: str, crew: OfShard, unpaid: _Unpaid, postings: list[Posting]) -> ShardAnswer:
    """Credit the workers of one shard. Refuses: AmountTooLarge."""
    shard = crew.shard
    source, journal = shard_account(number, shard), unpaid.journal
    # COMPUTE
    for worker, line in unpaid.lines.items():
        journal.move(source, account(AccountKind.WORKER, worker), Reason.PAY, line.net_fen)
    assert journal.balance_fen(source) == 0
    # WRITE: from here on it must succeed
    write_balances(world, journal, crew)
    world.put(run_shards, replace(unpaid.record, state=ShardState.PAID), number, shard)
    postings += journal.postings
    return ShardAnswer(number, shard, ShardState.PAID, unpaid.record.totals)

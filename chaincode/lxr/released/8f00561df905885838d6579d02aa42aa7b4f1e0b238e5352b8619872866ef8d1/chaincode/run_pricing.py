"""How a run is priced: every certified row that no run has taken, some shards at a time."""

from msgspec import Struct
from msgspec.structs import replace

from .command import Command, handles
from .deductions import with_orders
from .payroll import ShardAnswer, ShardAnswers, need_run
from .payroll_lines import Pricing, price_lines, reading_pricing
from .refusals import ShardNotReady, Unknown
from .runs import (
    Deductions,
    PayLines,
    Run,
    RunPart,
    RunShard,
    RunState,
    ShardState,
    deduction_orders,
    deductions,
    earned,
    pay_lines,
    run_shards,
)
from .shard_heads import ShardHead, shard_heads
from .shards import Shards, each_shard
from .terms import terms_heads
from .things import Standing, Thing
from .types import RunNo
from .world import Reads, World, reading, reading_both, reading_many, reading_needed


class PriceShards(Command[ShardAnswers], frozen=True, kw_only=True, tag="payroll.price"):
    """Take every certified row of some shards that no run has taken, up to the cut-off and whatever its date."""

    run: RunNo
    shards: Shards


class _Unpriced(Struct, frozen=True):
    """Everything that is read for a shard before it is priced."""

    pricing: Pricing
    open_orders: Deductions | None


@handles(PriceShards, "union/treasurer")
def price_shards(world: World, command: PriceShards) -> ShardAnswers:
    """Price some shards.

    Refuses: MalformedCommand, Unknown, WrongState; of a shard, which is left out: Unknown, ShardNotReady,
    ParameterMissing, AmountTooLarge.
    """
    # READ
    run = need_run(world, command.run, RunState.OPEN)
    # and by shard, of all at once: READ, REFUSE, COMPUTE and WRITE
    answers, left_out = each_shard(
        world,
        command.shards,
        lambda shard: _reading_unpriced(command.run, run, shard),
        lambda shard, unpriced: _price(world, command.run, shard, unpriced),
    )
    return ShardAnswers(answers, left_out)


def _reading_unpriced(number: str, run: Run, shard: int) -> Reads[_Unpriced]:
    """Come to what is read for a shard before it is priced. Refuses: Unknown, ShardNotReady."""
    if shard >= run.shards:  # it was opened after the run, which neither funds nor pays it
        raise Unknown(what=Thing.SHARD, number=f"{number}/{shard}")
    head, (done, open_orders) = yield from reading_both(
        reading_needed(shard_heads, run.employer, shard),
        reading_both(reading(run_shards, number, shard), reading(deductions, run.employer, shard)),
    )
    if done is not None:
        raise ShardNotReady(case="state", shard=shard, number=number, state=done.state, needed=(Standing.NOT_PRICED,))
    run = yield from _reading_with_ended(run, head)
    pricing = yield from reading_pricing(number, run, shard, head, open_orders)
    return _Unpriced(pricing, open_orders)


def _price(world: World, number: str, shard: int, unpriced: _Unpriced) -> ShardAnswer:
    """Price one shard. Refuses: ParameterMissing, AmountTooLarge."""
    pricing = unpriced.pricing
    employer = pricing.run.employer
    # REFUSE and COMPUTE
    priced = price_lines(pricing)
    # WRITE: only an amount can be refused now
    record = RunShard(
        ShardState.PRICED,
        priced.totals,
        sum(pricing.waiting.values()),
        pricing.disputed,
        sum(pricing.contested.values()),
    )
    world.put(run_shards, record, number, shard)
    world.put(pay_lines, PayLines(priced.lines), number, shard)
    if priced.head != pricing.head:
        world.put(shard_heads, priced.head, employer, shard)
    for (terms, start), brought in priced.earned.items():
        world.put(earned, brought, employer, shard, terms, start)
    for order_number, order in priced.orders.items():
        world.put(deduction_orders, order, order_number)
    if priced.orders:
        world.put(deductions, with_orders(unpriced.open_orders, priced.orders), employer, shard)
    return ShardAnswer(number, shard, record.state, priced.totals, record.waiting, record.disputed, record.contested)


def _reading_with_ended(run: Run, head: ShardHead) -> Reads[Run]:
    """Come to the run with those ended terms too that made room for others: what is open under them is due."""
    others = sorted({open_day.terms for open_day in (*head.days, *head.later)} - {part.terms for part in run.parts})
    heads = yield from reading_many(terms_heads, [(terms,) for terms in others])
    ends = [
        (terms, found.ends)
        for terms, found in zip(others, heads, strict=True)
        if found is not None and found.ends is not None
    ]
    return replace(run, parts=(*run.parts, *(RunPart(terms, last) for terms, last in ends if last < run.payday)))

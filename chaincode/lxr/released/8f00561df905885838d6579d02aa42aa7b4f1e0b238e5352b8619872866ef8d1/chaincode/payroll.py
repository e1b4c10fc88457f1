"""Payday: what the steps of a run answer, and a run and its shards as each step must find them.

A run is opened (`run_opening`), priced some shards at a time (`run_pricing`), funded at once (`run_funding`), paid some
shards at a time (`run_payment`), and swept of the rest (`run_sweep`). A transaction of some shards writes only their
keys, so 10,000 workers of one employer do not queue for its balance.
"""

from msgspec.structs import replace

from ..token.accounts import AccountKind, account
from .employers import Employer
from .refusals import ShardNotReady, WrongState
from .runs import Run, RunShard, RunState, ShardState, Totals, run_shards, runs
from .shards import LeftOut
from .things import Standing, Thing
from .types import Record, RunNo
from .world import Reads, World, reading


class RunAnswer(Record, frozen=True):
    """Where the run now stands. short_fen: what the employer's account lacks for wages; fee_owed_fen: for the fee."""

    run: RunNo
    state: RunState
    shards: int
    totals: Totals = Totals()
    short_fen: int = 0
    fee_owed_fen: int = 0


class ShardAnswer(Record, frozen=True):
    """Where the shard now stands, its sums, and how many rows are not in them, or not as claimed: see RunShard."""

    run: RunNo
    shard: int
    state: ShardState
    totals: Totals
    waiting: int = 0
    disputed: int = 0
    contested: int = 0


class ShardAnswers(Record, frozen=True):
    """Where the shards now stand, in their order, and those for which nothing was done."""

    shards: tuple[ShardAnswer, ...]
    left_out: tuple[LeftOut, ...] = ()


def shard_account(number: str, shard: int) -> str:
    """Return the account from which a shard of the run is paid."""
    return account(AccountKind.RUN, f"{number}.{shard}")


def short_runs(world: World, employer: Employer, but: str) -> list[str]:
    """Return the employer's other runs that lack wages: while there are some, its account is for these."""
    others = [number for number in employer.open_runs if number != but]
    found = world.get_many(runs, [(number,) for number in others])
    return [number for number, other in zip(others, found, strict=True) if other and other.state is RunState.SHORT]


def contested_account(employer: str, shard: int) -> str:
    """Return the account that holds what contested rows of the shard bring."""
    return account(AccountKind.CONTESTED, f"{employer}.{shard}")


def without_run(employer: Employer, run: str) -> Employer:
    """Return the employer with that run no longer open."""
    return replace(employer, open_runs=tuple(number for number in employer.open_runs if number != run))


def need_run(world: World, number: str, *states: RunState) -> Run:
    """Return the run, which must be in one of these states. Refuses: Unknown, WrongState."""
    run = world.need(runs, number)
    if run.state not in states:
        raise WrongState(what=Thing.RUN, number=number, state=run.state, needed=states)
    return run


def reading_shard(number: str, shard: int, *states: ShardState) -> Reads[RunShard]:
    """Come to the shard, which must be in one of these states. Refuses: ShardNotReady."""
    record = yield from reading(run_shards, number, shard)
    if record is None or record.state not in states:
        state = record.state if record else Standing.NOT_PRICED
        raise ShardNotReady(case="state", shard=shard, number=number, state=state, needed=states)
    return record


def need_shards(world: World, number: str, run: Run, *states: ShardState) -> list[RunShard]:
    """Return all shards of the run, each of which must be in one of these states. Refuses: ShardNotReady."""
    found = world.get_many(run_shards, [(number, shard) for shard in range(run.shards)])
    for shard, record in enumerate(found):
        if record is None or record.state not in states:
            state = record.state if record else Standing.NOT_PRICED
            raise ShardNotReady(case="state", shard=shard, number=number, state=state, needed=states)
    return [record for record in found if record is not None]

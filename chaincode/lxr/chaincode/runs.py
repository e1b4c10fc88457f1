"""The records of a payday: the run, its shards, its pay lines, and what has been earned so far.

What a worker has earned in a pay period is one sum over all certified rows of the period; a run pays that sum less what
earlier runs took. So a late row, a correction and a tier that is reached late are all the same thing: a difference.
"""

from collections.abc import MutableMapping
from datetime import date
from enum import StrEnum
from typing import Final, Literal

from msgspec.structs import replace

from ..token.fen import Fen, SignedFen, SomeFen
from .parts import ByField, Keyed, Listed, Summed
from .pricing import Item
from .taken import Taken
from .types import CashOutNo, Digest, EmployerNo, Record, RunNo, TermsNo, Text, WorkerNo
from .world import Table


class RunState(StrEnum):
    """Where a run stands. Its progress within a state is read from its shards."""

    OPEN = "open"
    SHORT = "short"
    """The employer's account did not hold the wages; the arrears are recorded, funding can be tried again."""
    FUNDED = "funded"
    SWEPT = "swept"
    """Everything is paid, and tax, insurance and what there was of the fee are where they belong."""
    REVERSING = "reversing"
    REVERSED = "reversed"


RUN_MOVES: Final = {
    RunState.OPEN: {RunState.SHORT, RunState.FUNDED, RunState.REVERSING},
    RunState.SHORT: {RunState.SHORT, RunState.FUNDED, RunState.REVERSING},
    RunState.FUNDED: {RunState.SWEPT, RunState.REVERSING},
    RunState.SWEPT: {RunState.SWEPT},
    RunState.REVERSING: {RunState.REVERSED},
    RunState.REVERSED: set[RunState](),
}
assert RUN_MOVES.keys() == set(RunState)


class ShardState(StrEnum):
    """Where one shard of a run stands."""

    PRICED = "priced"
    PAID = "paid"
    UNDONE = "undone"
    """Its pay is back in the run's account, and its rows are open again."""


SHARD_MOVES: Final = {
    ShardState.PRICED: {ShardState.PAID, ShardState.UNDONE},
    ShardState.PAID: {ShardState.UNDONE},
    ShardState.UNDONE: set[ShardState](),
}
assert SHARD_MOVES.keys() == set(ShardState)


class RunPart(Record, frozen=True, array_like=True):
    """Terms that the run pays, and the last day of work that it takes under them."""

    terms: TermsNo
    cut_off: date


FEE_UNIT: Final = 10_000
"""In how many parts of a fen fees are summed: basis points of whole fen."""


class Totals(Record, frozen=True):
    """The sums of a shard or a run. gross = net + tax + insurance + recovered; the fee is the employer's, on top.

    recovered_fen: of what was overpaid; it stays with the employer. hold_fen, release_fen: what is set aside for
    contested rows, and what of that no longer is. fee: of a shard, in ten-thousandths of a fen; the run's fee_fen is
    their sum, rounded once, and what shards that contract 0.4.0 priced have in their own fee_fen.
    """

    lines: int = 0
    gross_fen: Fen = 0
    net_fen: Fen = 0
    tax_fen: Fen = 0
    insurance_fen: Fen = 0
    recovered_fen: Fen = 0
    fee_fen: Fen = 0
    hold_fen: Fen = 0
    release_fen: Fen = 0
    fee: int = 0


class Run(Record, frozen=True):
    """One payday of one employer. workers: only these, in a final run after their employment ended.

    totals: since it was funded. fee_owed_fen: what of the fee the employer's account did not hold; it stops no wage.
    returned_fen: what the employer got back when the run was reversed. funded: money has left the employer's account.
    """

    employer: EmployerNo
    payday: date
    parts: tuple[RunPart, ...]
    workers: tuple[WorkerNo, ...]
    shards: int
    state: RunState
    opened_ms: int
    totals: Totals = Totals()
    fee_owed_fen: Fen = 0
    returned_fen: Fen = 0
    funded: bool = False
    cashout: CashOutNo | None = None
    reason: str | None = None

    def cut_off(self, terms: str) -> date:
        """The last day of work that it takes under those terms; the first of all days where it pays none."""
        return next((part.cut_off for part in self.parts if part.terms == terms), date.min)


class RunShard(Record, frozen=True):
    """One shard's progress and sums. waiting: open rows up to the cut-off on which the union's word was missing;
    disputed, contested: those of which only what the employer admits was taken; what is contested is held. cashout: the
    one that holds its wages, or has taken them out; else, once it is paid, they are all on the workers' accounts."""

    state: ShardState
    totals: Totals = Totals()
    waiting: int = 0
    disputed: int = 0
    contested: int = 0
    cashout: CashOutNo | None = None


class PayPart(Record, frozen=True, array_like=True):
    """What one pay period brings: what the items are worth, less what earlier runs brought, and never below nothing.

    agreed: the items are of the content that was agreed to, which is worth more than the newest. over_fen: by how much
    what was overpaid in the period has grown, or shrunk; before it was recovered from other pay, where it was.
    held_fen: by how much what is held of the period for contested rows has grown, or shrunk; it is in no due.
    """

    terms: TermsNo
    start: date
    end: date
    items: tuple[Item, ...]
    earned_fen: Fen
    before_fen: SignedFen
    due_fen: Fen
    over_fen: SignedFen
    held_fen: SignedFen
    agreed: bool
    minutes: int
    taken: tuple[Taken, ...]
    dropped: tuple[Taken, ...]
    """Rows that earlier runs took and that `taken` replaces."""

    @property
    def kept_back_fen(self) -> int:
        """What of the period's earnings so far is held, for rows that the employer contests."""
        return max(0, self.earned_fen - self.before_fen - self.due_fen)

    @property
    def too_much_fen(self) -> int:
        """What the period has brought so far beyond its earnings; no run takes it off other pay."""
        return max(0, self.before_fen + self.due_fen - self.earned_fen)


DeductionKind = Literal["tax", "insurance", "overpaid"]


class Deduction(Record, frozen=True, array_like=True):
    """What was kept back under an order."""

    order: str
    kind: DeductionKind
    fen: SomeFen


class PayLine(Record, frozen=True, array_like=True):
    """One worker in one run. gross = sum of due; net = gross − deductions. fee: the worker's part of the run's, in
    ten-thousandths of a fen; fee_fen: the same in whole fen, in lines of contract 0.4.0."""

    parts: tuple[PayPart, ...]
    gross_fen: Fen
    deductions: tuple[Deduction, ...]
    net_fen: Fen
    fee_fen: Fen
    fee: int = 0


class PayLines(Record, frozen=True):
    """The lines of one shard, by worker."""

    lines: dict[WorkerNo, PayLine]


class WorkerEarned(Record, frozen=True, array_like=True):
    """What runs have taken of one worker's period, and brought for it, less what was recovered of it. over_fen: by how
    much that is more than the rows were worth to the last of them; held_fen: by how much it is less, for rows that the
    employer contests. held_by: the last run that changed what is held; until it is funded, no other does.

    fen: below zero where a run was taken back of whose money a part had been recovered: the worker is due that too.
    """

    fen: SignedFen
    over_fen: Fen
    rows: tuple[Taken, ...]
    held_fen: Fen = 0
    held_by: RunNo | None = None


NOTHING_EARNED: Final = WorkerEarned(0, 0, ())
"""Of a worker of whose period no run has taken anything."""


class Earned(Record, frozen=True):
    """What runs have taken of one shard in one pay period of one terms, by worker.

    rules: the version of the pay rules by which the period was first priced, and so is by every later run.
    """

    workers: dict[WorkerNo, WorkerEarned]
    rules: int


def set_earned(
    period: MutableMapping[str, WorkerEarned], overpaid: MutableMapping[str, int], number: str, now: WorkerEarned
) -> None:
    """Set what a worker has earned of a period, and in step with it the sum of what was overpaid in all periods."""
    over_fen = overpaid.pop(number, 0) + now.over_fen - period.pop(number, NOTHING_EARNED).over_fen
    if over_fen:
        overpaid[number] = over_fen
    if now != NOTHING_EARNED:
        period[number] = now


def with_less(period: WorkerEarned, fen: int) -> WorkerEarned:
    """Return what has been earned of a period after so much of it was recovered; below zero: after it was given back.

    No more is overpaid than was brought.
    """
    brought_fen = period.fen - fen
    return replace(period, fen=brought_fen, over_fen=max(0, min(period.over_fen - fen, brought_fen)))


class DeductionState(StrEnum):
    """Where a deduction order stands. Whether it is taken in full is read from its sums."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    CANCELLED = "cancelled"


DEDUCTION_MOVES: Final = {
    DeductionState.PROPOSED: {DeductionState.APPROVED, DeductionState.CANCELLED},
    DeductionState.APPROVED: {DeductionState.CANCELLED},
    DeductionState.CANCELLED: set[DeductionState](),
}
assert DEDUCTION_MOVES.keys() == set(DeductionState)


class Recovery(Record, frozen=True):
    """What an order recovers: what was overpaid in one pay period of one terms, so much of a pay line at most.

    share_bp: of the line's gross, in basis points. by_court: by an order or award that the regulator approved; else by
    a plan that the worker signed.
    """

    terms: TermsNo
    start: date
    most_fen: SomeFen
    share_bp: int
    by_court: bool


class DeductionOrder(Record, frozen=True):
    """Money that law has the payer keep back. basis: the provision or ruling. document: its blinded digest.

    taken_fen: by runs that were not taken back. reason: of the cancellation. recovery: of one of the kind "overpaid".
    """

    employer: EmployerNo
    shard: int
    worker: WorkerNo
    kind: DeductionKind
    amount_fen: SomeFen
    basis: Text
    document: Digest
    state: DeductionState
    proposed_ms: int
    approved_ms: int | None = None
    taken_fen: Fen = 0
    reason: str | None = None
    recovery: Recovery | None = None

    @property
    def is_open(self) -> bool:
        """Whether runs to come take something."""
        return self.state is DeductionState.APPROVED and self.taken_fen < self.amount_fen


class Deductions(Record, frozen=True):
    """The numbers of a shard's open orders by worker; a worker's are taken in the order of their numbers: tax and
    insurance (D) before what was overpaid (R)."""

    workers: dict[WorkerNo, tuple[str, ...]]


class Arrears(Record, frozen=True):
    """Wages that were due on payday, contested ones among them, and that the employer's account did not hold."""

    employer: EmployerNo
    needed_fen: Fen
    had_fen: Fen
    since_ms: int
    cured_ms: int | None = None


runs: Final = Table(
    "run",
    Run,
    splitting=ByField(workers=Listed(), totals=Summed(), fee_owed_fen=Summed(), returned_fen=Summed()),
)
run_shards: Final = Table("run_shard", RunShard, splitting=ByField(totals=Summed()))
pay_lines: Final = Table("lines", PayLines, splitting=ByField(lines=Keyed()))
earned: Final = Table("earned", Earned, splitting=ByField(workers=Keyed()))
deductions: Final = Table("deductions", Deductions, splitting=ByField(workers=Keyed()))
deduction_orders: Final = Table("deduction", DeductionOrder)
arrears: Final = Table("arrears", Arrears)

"""A row: one worker's day, what the employer and the worker have said of it, and what of it is payable or agreed."""

from datetime import date
from enum import StrEnum
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from .types import EmployerNo, Measures, Record, WorkerNo, digest


class RowState(StrEnum):
    """Where a row stands. A sheet keeps a letter for it: `sheet._LETTERS`."""

    SUBMITTED = "submitted"
    """The employer's word alone."""
    CONFIRMED = "confirmed"
    """The worker signed it."""
    DISPUTED = "disputed"
    """Frozen, it alone; what the employer admits in it is paid meanwhile."""
    CERTIFIED = "certified"
    """Certified by the union after the worker's answer, or decided by it, or by an award."""
    UNANSWERED = "unanswered"
    """Certified by the union before the worker answered; it can still be confirmed or disputed."""


MOVES: Final = {
    RowState.SUBMITTED: {
        RowState.SUBMITTED,
        RowState.CONFIRMED,
        RowState.DISPUTED,
        RowState.UNANSWERED,
        RowState.CERTIFIED,
    },
    RowState.CONFIRMED: {RowState.SUBMITTED, RowState.CERTIFIED},
    RowState.DISPUTED: {RowState.DISPUTED, RowState.CONFIRMED, RowState.CERTIFIED},
    RowState.CERTIFIED: {RowState.SUBMITTED, RowState.CERTIFIED},
    RowState.UNANSWERED: {RowState.SUBMITTED, RowState.CERTIFIED, RowState.DISPUTED},
}
assert MOVES.keys() == set(RowState)
WAITING: Final = (RowState.SUBMITTED, RowState.CONFIRMED)
"""The states in which the union's word on the content is missing."""
SIGNED: Final = frozenset({RowState.CONFIRMED, RowState.CERTIFIED})
"""The states in which the worker has signed the content, or it was decided."""
UNSIGNED: Final = (RowState.SUBMITTED, RowState.UNANSWERED)
"""The states in which silence answers."""


class Reply(Record, frozen=True, array_like=True):
    """What the employer says against a dispute."""

    reason: str
    at_ms: int


class Decision(Record, frozen=True, array_like=True):
    """The union's decision of a dispute, while the regulator can still refuse it. stands_from: the day it stands alone.

    late: it came after the union's deadline.
    """

    measures: Measures
    reason: str
    stands_from: date
    late: bool


class Dispute(Record, frozen=True):
    """A worker's word against the row. decide_by: the union's deadline. claim: there was no row at all.

    version: in which the content came that it is about.
    """

    claimed: Measures
    reason: str
    opened_ms: int
    decide_by: date
    claim: bool
    reply: Reply | None = None
    decision: Decision | None = None
    version: int = 0


class Contest(Record, frozen=True):
    """The employer's word that a row is wrong. admits: what it does not contest of the row.

    decide_by: until the end of that day, what the row brings beyond that is funded and held, not paid. decided: an
    award has come. taken: a run had taken what the row says, so nothing of it is held. A row is contested once.
    """

    reason: str
    admits: Measures
    opened_ms: int
    decide_by: date
    decided: bool = False
    taken: bool = False

    def holds(self, day: date) -> bool:
        """Return whether a run of that day holds what is contested."""
        return not (self.decided or self.taken) and day <= self.decide_by


class Content(Record, frozen=True, array_like=True):
    """What a row said once, and the sheet's version that it came in."""

    measures: Measures
    version: int


class Row(Struct, frozen=True):
    """One worker's day. version: of the sheet, in which this content came. disputes: how many there have been.

    decided: the reason, where a decision or an award made the content. certified: earlier content that is payable,
    where the union has not certified this: it stays payable. agreed: earlier content that is the floor under all that
    comes after it, until newer content is itself agreed to and payable (工资支付暂行规定 art. 15). contest: it stays,
    decided or not, whatever comes after it.
    """

    measures: dict[str, int]
    version: int
    state: RowState
    disputes: int = 0
    dispute: Dispute | None = None
    decided: str | None = None
    certified: Content | None = None
    agreed: Content | None = None
    contest: Contest | None = None

    @property
    def content(self) -> Content:
        """What the row says now."""
        return Content(self.measures, self.version)

    @property
    def payable(self) -> Content | None:
        """The newest content that a run may pay by; None: there is none yet.

        Of a disputed row, what is admitted, unless what was certified before it has more.
        """
        if self.state is RowState.DISPUTED and self.certified is not None and not self.keeps(self.certified):
            return self.certified
        return self.certified if self.state in WAITING else self.content

    def floor(self, *, silent: bool) -> Content | None:
        """Return the content that only the worker, an award or a decision can lower; None: nothing is agreed yet.

        silent: this content has stood unanswered for the time to answer. Silence agrees to what takes nothing away
        from what was agreed before, and to nothing else.
        """
        if self.state in SIGNED:
            return self.content
        if silent and self.state is not RowState.DISPUTED and (self.agreed is None or self.keeps(self.agreed)):
            return self.content
        return self.agreed

    def keeps(self, other: Content) -> bool:
        """Return whether this content has of each measure at least as much as the other."""
        return all(quantity <= self.measures.get(name, 0) for name, quantity in other.measures.items())


def moved(row: Row, state: RowState) -> Row:
    """Return the row in its next state, which the table of moves allows."""
    assert state in MOVES[row.state]
    return replace(row, state=state)


class RowContent(Record, frozen=True):
    """What the worker's signature over a row stands on. An empty measure set says: no work on that day.

    version: of the sheet, in which this content came: a signature over content that was corrected, and corrected back,
    is not one over what stands there now. disputes: so far; another makes the signature worthless.
    """

    employer: EmployerNo
    day: date
    worker: WorkerNo
    measures: Measures
    version: int
    disputes: int


def row_digest(employer: str, day: date, worker: str, row: Row) -> str:
    """Return the digest that a worker signs to answer a row as it stands."""
    return digest(RowContent(employer, day, worker, row.measures, row.version, row.disputes))

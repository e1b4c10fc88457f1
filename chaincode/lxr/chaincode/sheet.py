"""A sheet: the rows of one employer, day and shard, kept in columns.

A payday reads a month of sheets and few rows ever differ in more than their figures: so a sheet has one column for each
measure, and notes for what only few rows have. All but the payday see it row by row.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Final, Self, TypeVar, cast

import msgspec
from msgspec import Meta, Struct, field
from msgspec.structs import replace

from .parts import COMMON, ColumnsJson, columns_of
from .types import Measure, Measures, Quantity, Record, WorkerNo, canonical
from .world import Table

T = TypeVar("T")


class RowState(StrEnum):
    """Where a row stands. A sheet keeps a letter for it: `_LETTERS`."""

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

_LETTERS: Final = {
    RowState.SUBMITTED: "s",
    RowState.CONFIRMED: "w",  # by the worker
    RowState.DISPUTED: "d",
    RowState.CERTIFIED: "c",
    RowState.UNANSWERED: "u",
}
_STATES: Final = {letter: state for state, letter in _LETTERS.items()}
assert len(_STATES) == len(RowState)
_CERTIFIED: Final = str.maketrans(
    {
        _LETTERS[RowState.CONFIRMED]: _LETTERS[RowState.CERTIFIED],
        _LETTERS[RowState.SUBMITTED]: _LETTERS[RowState.UNANSWERED],
    }
)
"""What the union's word makes of the states in which it is missing."""
assert _CERTIFIED.keys() == {ord(_LETTERS[state]) for state in WAITING}
assert all(_STATES[after] in MOVES[_STATES[chr(before)]] for before, after in _CERTIFIED.items())


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
        """Whether a run of that day holds what is contested."""
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
        """The content that only the worker, an award or a decision can lower; None: nothing is agreed yet.

        silent: this content has stood unanswered for the time to answer. Silence agrees to what takes nothing away
        from what was agreed before, and to nothing else.
        """
        if self.state in SIGNED:
            return self.content
        if silent and self.state is not RowState.DISPUTED and (self.agreed is None or self.keeps(self.agreed)):
            return self.content
        return self.agreed

    def keeps(self, other: Content) -> bool:
        """Whether this content has of each measure at least as much as the other."""
        return all(quantity <= self.measures.get(name, 0) for name, quantity in other.measures.items())


class Quantities(Record, frozen=True):
    """Measures by worker, in columns. workers: their numbers, ascending, with one space between them.

    measures: a quantity for each worker, in that order; None: the worker's row does not have that measure.
    Raises ValueError: the columns are not of one length, or not as `quantities` makes them.
    """

    workers: str
    measures: dict[Measure, tuple[Quantity | None, ...]]

    def __post_init__(self) -> None:
        count = len(places_of(self.workers))
        for column in self.measures.values():
            if len(column) != count or column.count(None) == count:
                raise ValueError("a measure has no quantity, or not one place for each worker")

    def of(self, worker: str) -> dict[str, int] | None:
        """The worker's measures; None: there is no row."""
        place = places_of(self.workers).get(worker)
        return None if place is None else self.at(place)

    def at(self, place: int) -> dict[str, int]:
        """The measures of the worker at that place."""
        return {name: got for name, column in self.measures.items() if (got := column[place]) is not None}

    def each(self) -> Iterator[tuple[str, dict[str, int]]]:
        """All measures, by worker."""
        return ((worker, self.at(place)) for worker, place in places_of(self.workers).items())

    def column(self, measure: str, workers: str) -> Sequence[int]:
        """The quantities of these workers, whose numbers come as in `workers`; 0 where there is none."""
        column = self.measures.get(measure)
        if column is None:
            return (0,) * len(places_of(workers))
        found = picked(column, self.workers, workers)
        return [quantity or 0 for quantity in found] if None in found else cast(Sequence[int], found)


def quantities(rows: Mapping[str, Mapping[str, int]]) -> Quantities:
    """The columns of these measures by worker."""
    workers = sorted(rows)
    names = sorted({name for measures in rows.values() for name in measures})
    return Quantities(
        " ".join(workers), {name: tuple([rows[worker].get(name) for worker in workers]) for name in names}
    )


@lru_cache(maxsize=1024)
def places_of(workers: str) -> Mapping[str, int]:
    """The place of each worker in the columns. Raises ValueError, msgspec.ValidationError: not numbers, ascending."""
    numbers = msgspec.convert(workers.split(" ") if workers else [], list[WorkerNo])
    if any(left >= right for left, right in pairwise(numbers)):
        raise ValueError("the workers are not in ascending order")
    return {number: place for place, number in enumerate(numbers)}


def picked(column: Sequence[T], workers: str, wanted: str) -> Sequence[T | None]:
    """What a column over `workers` has for the wanted ones, in their order; None for one that is not among them."""
    if workers == wanted:
        return column
    places = places_of(workers)
    return [column[places[number]] if number in places else None for number in places_of(wanted)]


class Note(Record, frozen=True, omit_defaults=True):
    """What few rows have. See Row."""

    disputes: Annotated[int, Meta(ge=0)] = 0
    dispute: Dispute | None = None
    decided: str | None = None
    certified: Content | None = None
    agreed: Content | None = None
    contest: Contest | None = None

    @property
    def prices(self) -> bool:
        """Whether other content than the row's own can count for its pay."""
        return self.certified is not None or self.agreed is not None or self.contest is not None


class Reading(Struct, frozen=True):
    """By what content rows are priced. day: of the run. silent_ms: what came before has been answered by silence.

    agreed: by what was agreed to, where there is such. clear: without what is contested and held.
    """

    day: date
    silent_ms: int
    agreed: bool
    clear: bool


_NO_NOTE: Final = Note()


class Sheet(Record, frozen=True):
    """sent: by the employer; before that, the rows are workers' claims and decisions on them.

    states, versions: of each row, in the order of the workers. times: of each version, unix ms. notes: by worker, where
    there is something to note. Raises ValueError: the columns are not of one length, a state or a note is none.
    """

    version: int = 0
    late: bool = False
    times: tuple[int, ...] = ()
    sent: bool = False
    content: Quantities = Quantities("", {})
    states: str = ""
    versions: tuple[Annotated[int, Meta(ge=0)], ...] = ()
    notes: dict[WorkerNo, Note] = field(default_factory=dict)

    def __post_init__(self) -> None:
        places = places_of(self.content.workers)
        if not len(self.states) == len(self.versions) == len(places):
            raise ValueError("the rows have not one state and one version each")
        if len(self.times) != self.version or any(version > self.version for version in self.versions):
            raise ValueError("the sheet has not one time for each version")
        if self.states.strip("".join(_STATES)):
            raise ValueError("a row is in no state")
        if not self.notes.keys() <= places.keys() or _NO_NOTE in self.notes.values():
            raise ValueError("a note is about no row, or empty")

    def row(self, worker: str) -> Row | None:
        """The worker's row; None where there is none."""
        place = places_of(self.content.workers).get(worker)
        return None if place is None else self._row(worker, place)

    def rows(self, *states: RowState) -> Iterator[tuple[str, Row]]:
        """The rows in one of these states, or all where none is given, by worker."""
        letters = {_LETTERS[state] for state in states or RowState}
        if not any(letter in self.states for letter in letters):
            return
        for worker, place in places_of(self.content.workers).items():
            if self.states[place] in letters:
                yield worker, self._row(worker, place)

    def with_rows(self, changed: Mapping[str, Row], at_ms: int | None = None) -> Self:
        """The sheet with these rows added, or in the place of what they were.

        at_ms: when the next version of the sheet came, unix ms; None: it stays the same version.
        """
        places = places_of(self.content.workers)
        kept = {worker: self._row(worker, place) for worker, place in places.items() if worker not in changed}
        rows = sorted({**kept, **changed}.items())
        notes = {
            worker: Note(row.disputes, row.dispute, row.decided, row.certified, row.agreed, row.contest)
            for worker, row in rows
        }
        times = self.times if at_ms is None else (*self.times, at_ms)
        return replace(
            self,
            version=len(times),
            times=times,
            content=quantities({worker: row.measures for worker, row in rows}),
            states="".join([_LETTERS[row.state] for _, row in rows]),
            versions=tuple([row.version for _, row in rows]),
            notes={worker: note for worker, note in notes.items() if note != _NO_NOTE},
        )

    @property
    def waits(self) -> bool:
        """Whether the union's word on a row's content is missing."""
        return any(_LETTERS[state] in self.states for state in WAITING)

    def certified(self) -> tuple[Self, int, int]:
        """The sheet with the union's word on all its rows, and how many of them were answered before, and how many not.

        Of a row without a note only the letter changes: most rows are such, and a month of them is certified at once.
        """
        noted: dict[str, Row] = {}
        for number in self.notes:
            row = self._row(number, places_of(self.content.workers)[number])
            if row.state is RowState.CONFIRMED:
                noted[number] = replace(moved(row, RowState.CERTIFIED), certified=None, agreed=None)
            elif row.state is RowState.SUBMITTED:
                noted[number] = replace(moved(row, RowState.UNANSWERED), certified=None)
        sheet = self.with_rows(noted) if noted else self
        states = sheet.states.translate(_CERTIFIED)
        return (
            replace(sheet, states=states),
            self.states.count(_LETTERS[RowState.CONFIRMED]),
            self.states.count(_LETTERS[RowState.SUBMITTED]),
        )

    def since_ms(self, row: Row) -> int:
        """When the content of a row of this sheet came, unix ms; of a claim, which has no version, 0."""
        return self.times[row.version - 1] if row.version else 0

    def payable(self, reading: Reading) -> tuple[Quantities, Sequence[int]]:
        """What a run pays by, and the version that each row's content came in: of payable rows only."""
        if not self.waits and not any(note.prices for note in self.notes.values()):
            return self.content, self.versions
        found = {worker: content for worker, row in self.rows() if (content := self._read(row, reading)) is not None}
        columns = quantities({worker: content.measures for worker, content in found.items()})
        return columns, [content.version for _, content in sorted(found.items())]

    def _read(self, row: Row, reading: Reading) -> Content | None:
        content = row.payable
        if content is None:
            return None
        if reading.agreed:
            silent = row.state not in WAITING and self.since_ms(row) < reading.silent_ms
            content = (row.agreed if row.state in WAITING else row.floor(silent=silent)) or content
        if reading.clear and row.contest is not None and row.contest.holds(reading.day):
            return Content(row.contest.admits, content.version)
        return content

    def is_waiting_for_silence(self, silent_ms: int) -> bool:
        """Whether a row can still be answered. silent_ms: what came before has been answered by silence."""
        if all(at_ms < silent_ms for at_ms in self.times):
            return False
        return any(self.since_ms(row) >= silent_ms for _, row in self.rows(*UNSIGNED))

    def _row(self, worker: str, place: int) -> Row:
        note = self.notes.get(worker, _NO_NOTE)
        state = _STATES[self.states[place]]
        measures, version = self.content.at(place), self.versions[place]
        return Row(
            measures,
            version,
            state,
            note.disputes,
            note.dispute,
            note.decided,
            note.certified,
            note.agreed,
            note.contest,
        )


_NULL: Final = msgspec.Raw(b"null")


class _SheetPart(Struct, frozen=True, array_like=True):
    """A worker's part of a sheet: measures, the first letter of the state, the version, and the note or null."""

    measures: dict[str, int]
    state: str
    version: int
    note: msgspec.Raw


class _SheetCommon(Struct, frozen=True, forbid_unknown_fields=True):
    """What of a sheet is nobody's."""

    version: int
    late: bool
    times: tuple[int, ...]
    sent: bool


class _SheetJson(_SheetCommon, frozen=True):
    """A sheet in its JSON, of which only what is in columns is looked into."""

    content: ColumnsJson
    states: str
    versions: list[int]
    notes: dict[str, msgspec.Raw]


class _Splitting:
    """See `parts.Splitting`. A part is a worker's row: what others have of the day cannot be seen in it."""

    def split(self, value: bytes) -> dict[str, bytes]:
        """See `parts.Splitting.split`."""
        sheet = _sheet_json(value)
        parts = {COMMON: canonical(_SheetCommon(sheet.version, sheet.late, sheet.times, sheet.sent))}
        rows = zip(sheet.content.numbers, sheet.content.rows(), sheet.states, sheet.versions, strict=True)
        for number, measures, state, version in rows:
            parts[number] = canonical(_SheetPart(measures, state, version, sheet.notes.get(number, _NULL)))
        return parts

    def join(self, parts: Mapping[str, bytes]) -> bytes:
        """See `parts.Splitting.join`."""
        common = _sheet_common(parts[COMMON])
        rows = {number: _sheet_part(parts[number]) for number in sorted(parts) if number != COMMON}
        return canonical(
            _SheetJson(
                version=common.version,
                late=common.late,
                times=common.times,
                sent=common.sent,
                content=columns_of({number: row.measures for number, row in rows.items()}),
                states="".join([row.state for row in rows.values()]),
                versions=[row.version for row in rows.values()],
                notes={number: row.note for number, row in rows.items() if row.note != _NULL},
            )
        )


_sheet_json: Final = msgspec.json.Decoder(_SheetJson).decode
_sheet_common: Final = msgspec.json.Decoder(_SheetCommon).decode
_sheet_part: Final = msgspec.json.Decoder(_SheetPart).decode

sheets: Final = Table("sheet", Sheet, splitting=_Splitting())


def moved(row: Row, state: RowState) -> Row:
    """The row in its next state, which the table of moves allows."""
    assert state in MOVES[row.state]
    return replace(row, state=state)

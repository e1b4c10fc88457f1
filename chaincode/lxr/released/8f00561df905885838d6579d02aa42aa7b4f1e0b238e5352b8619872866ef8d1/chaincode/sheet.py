"""A sheet: the rows of one employer, day and shard, kept in columns.

A payday reads a month of sheets and few rows ever differ in more than their figures: so a sheet has one column for each
measure, and notes for what only few rows have. All but the payday see it row by row.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, Final, Self

import msgspec
from msgspec import Meta, Struct, field
from msgspec.structs import replace

from .quantities import Quantities, places_of, quantities
from .rows import MOVES, UNSIGNED, WAITING, Content, Contest, Dispute, Row, RowState, moved
from .sheet_parts import SheetSplitting
from .types import Record, WorkerNo
from .world import Table

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
        if len(self.times) != self.version or max(self.versions, default=0) > self.version:
            raise ValueError("the sheet has not one time for each version")
        if self.states.strip("".join(_STATES)):
            raise ValueError("a row is in no state")
        if not self.notes.keys() <= places.keys() or _NO_NOTE in self.notes.values():
            raise ValueError("a note is about no row, or empty")

    def row(self, worker: str) -> Row | None:
        """Return the worker's row; None where there is none."""
        place = places_of(self.content.workers).get(worker)
        return None if place is None else self._row(worker, place)

    def rows(self, *states: RowState) -> Iterator[tuple[str, Row]]:
        """Yield the rows in one of these states, or all where none is given, by worker."""
        letters = {_LETTERS[state] for state in states or RowState}
        if not any(letter in self.states for letter in letters):
            return
        for worker, place in places_of(self.content.workers).items():
            if self.states[place] in letters:
                yield worker, self._row(worker, place)

    def with_rows(self, changed: Mapping[str, Row], at_ms: int | None = None) -> Self:
        """Return the sheet with these rows added, or in the place of what they were.

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
        return _waits(self.states)

    def certified(self) -> tuple[Self, int, int]:
        """Return the sheet with the union's word on all its rows, and how many had been answered, and how many not.

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
        """Return when the content of a row of this sheet came, unix ms; of a claim, which has no version, 0."""
        return self.times[row.version - 1] if row.version else 0

    def payable(self, reading: Reading) -> tuple[Quantities, Sequence[int]]:
        """Return what a run pays by, of payable rows only, and the version that each row's content came in."""
        if not self.waits and not any(note.prices for note in self.notes.values()):
            return self.content, self.versions
        found = {worker: content for worker, row in self.rows() if (content := self._read(row, reading)) is not None}
        columns = quantities({worker: content.measures for worker, content in found.items()})
        return columns, [content.version for _, content in sorted(found.items())]

    def _read(self, row: Row, reading: Reading) -> Content | None:
        """Return what a run pays a row by; None: the row is not payable."""
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
        """Return whether a row can still be answered. silent_ms: what came before has been answered by silence."""
        if all(at_ms < silent_ms for at_ms in self.times):
            return False
        return any(self.since_ms(row) >= silent_ms for _, row in self.rows(*UNSIGNED))

    def _row(self, worker: str, place: int) -> Row:
        """Return the row at that place, which is the worker's."""
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


class _States(Struct, frozen=True):
    states: str


_states: Final = msgspec.json.Decoder(_States).decode

sheets: Final = Table("sheet", Sheet, splitting=SheetSplitting())


def waits(value: bytes) -> bool:
    """Return whether the union's word is missing on a row of the sheet with these bytes, in a seventh of the time
    that decoding it takes."""
    return _waits(_states(value).states)


def _waits(states: str) -> bool:
    return any(_LETTERS[state] in states for state in WAITING)

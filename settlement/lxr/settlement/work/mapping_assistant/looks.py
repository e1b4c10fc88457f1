"""What the cells of a column look like: dates, times, durations, numbers with units, few values or all different."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import islice
from typing import Final, get_args

from msgspec import Struct

from lxr.settlement.work.intake.cells import CellFault, unguarded
from lxr.settlement.work.intake.dates import DateFormat, DateRules, read_date
from lxr.settlement.work.intake.durations import read_duration
from lxr.settlement.work.intake.form import DateSystem
from lxr.settlement.work.intake.times import read_moment
from lxr.settlement.work.intake.widths import narrow
from lxr.settlement.work.mapping_assistant.questions import SEEN_MAX

BLANKS: Final = frozenset({"-", "--", "—", "——", "/", "未打卡", "n/a", "N/A", "null"})
"""What stands for an empty cell in exports that are known."""
FORMATS: Final[tuple[DateFormat | None, ...]] = (None, *get_args(DateFormat))
DURATION_MINUTES_MAX: Final = 10**6
_NUMBER: Final = re.compile(r"(-?[\d,]+(?:\.\d+)?) *(\D{0,8})", re.ASCII)
SOME_DAY: Final = date(2026, 8, 3)


class Look(Struct, frozen=True):
    """How many cells of a column are what.

    filled: that hold anything. blanks: words for an empty cell that are there. dates: by each format that reads any.
    times: with their date or alone; dated: with it. durations: with words or a colon. numbers: by the word behind them,
    the empty one where there is none. values: how often each is there.
    """

    filled: int
    blanks: frozenset[str]
    dates: dict[DateFormat | None, int]
    times: dict[DateFormat | None, int]
    dated: int
    durations: int
    numbers: dict[str, int]
    values: Counter[str]

    @property
    def is_date(self) -> bool:
        """Whether half of the cells or more are dates in one form or another."""
        return self._most(max(self.dates.values(), default=0))

    @property
    def is_time(self) -> bool:
        """Whether most cells are times."""
        return self._most(max(self.times.values(), default=0))

    @property
    def is_dated(self) -> bool:
        """Whether most cells are times with their dates."""
        return self._most(self.dated)

    @property
    def is_duration(self) -> bool:
        """Whether most cells say how long something took, or are plain numbers that may."""
        return self._most(self.durations + self.numbers.get("", 0))

    @property
    def is_number(self) -> bool:
        """Whether most cells are numbers, with a unit or without."""
        return self._most(sum(self.numbers.values()))

    @property
    def is_unique(self) -> bool:
        """Whether no two cells are alike."""
        return self.filled == len(self.values)

    @property
    def examples(self) -> tuple[str, ...]:
        """The first different values, for a question."""
        return tuple(islice(self.values, SEEN_MAX))

    def _most(self, count: int) -> bool:
        return self.filled > 0 and 2 * count >= self.filled


def held_in(cells: Iterable[str]) -> list[str]:
    """Return what cells hold that are not empty, nor hold a word for it."""
    return [text for cell in cells if (text := unguarded(cell)) and text not in BLANKS]


def look_at(cells: Sequence[str], system: DateSystem | None) -> Look:
    """Return what the cells of a column look like. system: of a workbook's bare numbers of days."""
    held = held_in(cells)
    times = {each: sum(_is_time(cell, DateRules(each, system), SOME_DAY) for cell in held) for each in FORMATS}
    numbers: Counter[str] = Counter()
    for cell in held:
        if found := _NUMBER.fullmatch(narrow(cell)):
            numbers[found[2].strip()] += 1
    return Look(
        filled=len(held),
        blanks=frozenset(text for cell in cells if (text := unguarded(cell)) in BLANKS),
        dates={each: sum(_is_date(cell, DateRules(each, system)) for cell in held) for each in FORMATS},
        times=times,
        dated=max(sum(_is_time(cell, DateRules(each, system), None) for cell in held) for each in FORMATS),
        durations=sum(_is_duration(cell) for cell in held),
        numbers=dict(numbers),
        values=Counter(held),
    )


def _is_date(cell: str, rules: DateRules) -> bool:
    try:
        return bool(read_date("", cell, rules))
    except CellFault:
        return False


def _is_time(cell: str, rules: DateRules, day: date | None) -> bool:
    try:
        return bool(read_moment("", cell, None, rules, day))
    except CellFault:
        return False


def _is_duration(cell: str) -> bool:
    try:
        read_duration("", cell, None, DURATION_MINUTES_MAX)
    except CellFault:
        return False
    return True

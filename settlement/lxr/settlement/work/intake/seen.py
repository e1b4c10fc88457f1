"""What a clerk cannot see, or sees without its value, in the columns of a workbook that are used: each is refused."""

from collections.abc import Mapping, Sequence, Set
from typing import Final, Protocol

from openpyxl.utils.cell import get_column_letter

from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.header import Header


class Sheet(Protocol):
    """What a workbook says of one of its sheets."""

    @property
    def place(self) -> str: ...

    @property
    def merged_spans(self) -> Mapping[int, Sequence[tuple[int, int, int]]]: ...

    @property
    def hidden_columns(self) -> Set[int]: ...

    def is_hidden(self, row: int) -> bool: ...


class Seen:
    """Checks rows one after the other, in the columns that are used."""

    def __init__(self, sheet: Sheet, header: Header, used: Sequence[int], *, whole: bool) -> None:
        """Raise InputFault: a used column is hidden. whole: no column is named, so all are used, whoever sees them."""
        self._sheet: Final = sheet
        self._header: Final = header
        self._used: Final = tuple(used)
        below = [
            (first, row, last, final)
            for row, spans in sheet.merged_spans.items()
            for first, last, final in spans
            if final > header.last and any(first <= place <= last for place in used)
        ]
        self._merged: Final = sorted(below, key=lambda span: span[1], reverse=True)
        self._open: list[tuple[int, int, int, int]] = []
        for place in () if whole else used:
            if place + 1 in sheet.hidden_columns:
                problem, expected = "is hidden", "a column that people can see"
                raise InputFault(
                    file=sheet.place, row=header.first, field=self._name(place), problem=problem, expected=expected
                )

    def checked(self, row: int, cells: tuple[str, ...]) -> tuple[str, ...]:
        """Return a row, empty where a column that is not used has no value.

        Raises InputFault: the row is hidden, its cells are merged, or one has no value, in a column that is used.
        """
        self._refuse_merged(row)
        if any(cells[place] for place in self._used) and self._sheet.is_hidden(row):
            expected = "a row that people can see: show all rows, and take out what is no work"
            raise InputFault(file=self._sheet.place, row=row, problem="is hidden", expected=expected)
        flaws = {place: cell for place, cell in enumerate(cells) if type(cell) is not str}
        if not flaws:
            return cells
        for place in self._used:
            if (flaw := flaws.get(place)) is not None:
                problem, expected = flaw.problem, flaw.expected  # type: ignore[attr-defined]
                raise InputFault(
                    file=self._sheet.place, row=row, field=self._name(place), problem=problem, expected=expected
                )
        return tuple("" if place in flaws else cell for place, cell in enumerate(cells))

    def _refuse_merged(self, row: int) -> None:
        while self._merged and self._merged[-1][1] <= row:
            self._open.append(self._merged.pop())
        if not self._open:
            return
        self._open = [span for span in self._open if span[3] >= row]
        for first, top, last, final in self._open:
            cells = f"{get_column_letter(first + 1)}{top}:{get_column_letter(last + 1)}{final}"
            raise InputFault(
                file=self._sheet.place,
                row=top,
                field=cells,
                problem="is merged cells",
                expected="each cell by itself: which row a merged one belongs to, nobody knows",
            )

    def _name(self, place: int) -> str:
        """Return a column's heading, or its letters where it has none."""
        return " ".join(self._header.names[place].split()) or get_column_letter(place + 1)

"""Reading an export from one sheet of an .xlsx workbook, row by row."""

import warnings
from collections.abc import Callable, Generator, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

from openpyxl import load_workbook
from openpyxl.cell.read_only import ReadOnlyCell
from openpyxl.styles.numbers import is_datetime
from openpyxl.utils.cell import get_column_letter, range_boundaries
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet._read_only import ReadOnlyWorksheet
from openpyxl.worksheet._reader import WorkSheetParser

from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.csv_export import RECORDS_BETWEEN_PROGRESS, Record
from lxr.settlement.work.intake.form import DateSystem, Form
from lxr.settlement.work.intake.numbers import number_text
from lxr.settlement.work.intake.xlsx_safety import EXPECTED, Merges, check_workbook

ROWS_MAX: Final = 1_048_576
COLUMNS_MAX: Final = 16_384
GRID_COLUMNS_MAX: Final = 256
EMPTY_ROWS_MAX: Final = 100_000
"""One after the other: a sheet that was formatted down to its end has a million, each of which takes time."""
CELLS_MAX: Final = 20_000_000
NUMBER_END: Final = 10**300

Cells = tuple[int, list[dict[str, Any]]]


class XlsxExport:
    """An open workbook and the sheet that is read of it."""

    def __init__(self, path: Path, file: BinaryIO, form: Form) -> None:
        """Raise InputFault for a workbook that is unsafe, damaged, or has not the one sheet to read."""
        self._file: Final = file
        self._merges: Final[Merges] = check_workbook(path, file)
        try:
            with warnings.catch_warnings(action="ignore"):
                workbook = load_workbook(file, read_only=True, keep_links=False)
        except Exception as fault:  # openpyxl names no set of exceptions for a malformed file
            raise InputFault(file=str(path), problem="is not an .xlsx workbook", expected=EXPECTED) from fault
        # Of the sheet's own methods, one drops rows that are out of order: what they stand on is used instead.
        self._sheet: Final[Any] = _sheet(path, workbook.worksheets, form.sheet)
        self.place: Final = f"{path}, sheet {' '.join(self._sheet.title.split())}"
        self.date_system: Final[DateSystem] = 1904 if workbook.epoch == CALENDAR_MAC_1904 else 1900
        self._formats: Final[dict[int, str | None]] = {}
        self._header: tuple[str, ...] = ()
        self.hidden_columns: Final[set[int]] = set()
        """Their numbers, from 1; known from the first row on."""
        self._hidden_rows: set[int] = set()

    def records(self, progress: Callable[[int], None] | None = None) -> Generator[Record, None, None]:
        """As read_records; the number is the sheet's own. Columns to the right of the header's last are passed over."""
        width = count = 0
        for row, cells in self._rows():
            if cells and count == 0:
                width = max(cell["column"] for cell in cells)
                self._refuse_merged(row, width)
            texts = [""] * width
            for cell in cells:
                if cell["column"] <= width:
                    texts[cell["column"] - 1] = self._text(row, cell)
            if not any(texts):
                continue
            yield row, tuple(texts)
            count += 1
            self._header = self._header or tuple(texts)
            if progress is not None and count % RECORDS_BETWEEN_PROGRESS == 0:
                progress(self._file.tell())

    def grid(self, *, unread: str | None = None) -> Iterator[tuple[int, tuple[str, ...], bool]]:
        """Yield every row that holds anything, of whatever width, with its number and whether it is hidden; once.

        unread: stands for a formula or an error in a cell, which are refused where it is None.
        """
        for row, cells in self._rows():
            near = [cell for cell in cells if cell["column"] <= GRID_COLUMNS_MAX]
            texts = [""] * max((cell["column"] for cell in near), default=0)
            for cell in near:
                no_value = unread is not None and cell["data_type"] in ("f", "e")
                texts[cell["column"] - 1] = str(unread) if no_value else self._text(row, cell)
            if any(texts):
                yield row, tuple(texts), row in self._hidden_rows

    @property
    def merged(self) -> tuple[str, ...]:
        """The sheet's merged cells, each like A1:B2."""
        return tuple(self._merges.get(self._sheet._worksheet_path, ()))

    def rows(self) -> Iterator[Record]:
        """Yield every row that holds something, as wide as it is: for sheets with lines above their header."""
        return ((row, texts) for row, texts, _ in self.grid())

    def _rows(self) -> Iterator[Cells]:
        """Rows in their order, with those of their cells that hold something."""
        last = empty = held = 0
        try:
            source = self._sheet._get_source()
        except Exception as fault:
            raise InputFault(file=self.place, problem="is damaged", expected=EXPECTED) from fault
        with source:
            parser = WorkSheetParser(
                source,
                self._sheet._shared_strings,
                epoch=self._sheet.parent.epoch,
                date_formats=self._sheet.parent._date_formats,
                timedelta_formats=self._sheet.parent._timedelta_formats,
            )
            parsed = parser.parse()
            while some := self._some(parsed):
                self._hidden_rows = {int(row) for row, look in parser.row_dimensions.items() if _is_hidden(look)}
                parser.row_dimensions.clear()
                for look in filter(_is_hidden, parser.column_dimensions.values()):
                    if not (look["min"].isdecimal() and look.get("max", "").isdecimal()):
                        raise InputFault(file=self.place, problem="is damaged", expected=EXPECTED)
                    self.hidden_columns.update(range(int(look["min"]), min(int(look["max"]), COLUMNS_MAX) + 1))
                parser.column_dimensions.clear()
                for row, cells in some:
                    if not last < row <= ROWS_MAX:
                        problem = Said("comes after row {last}", last=last) if row <= last else "is too far down"
                        raise self._fault(
                            row, None, problem, Said("rows in order, at most {rows_max} of them", rows_max=ROWS_MAX)
                        )
                    last = row
                    kept = [cell for cell in cells if cell["value"] is not None or cell["data_type"] == "f"]
                    if any(not 1 <= cell["column"] <= COLUMNS_MAX for cell in kept):
                        raise self._fault(
                            row,
                            None,
                            "has a cell too far right",
                            Said("at most {columns_max} columns", columns_max=COLUMNS_MAX),
                        )
                    held += len(cells)
                    if held > CELLS_MAX:
                        raise self._fault(
                            row,
                            None,
                            Said("comes after {cells_max} cells", cells_max=CELLS_MAX),
                            "a sheet cut into several",
                        )
                    empty = 0 if kept else empty + 1
                    if empty > EMPTY_ROWS_MAX:
                        problem = Said(
                            "is empty, as are the {empty_rows_max} rows before it", empty_rows_max=EMPTY_ROWS_MAX
                        )
                        raise self._fault(row, None, problem, "a sheet without empty rows below its last one")
                    yield row, kept

    def _some(self, parsed: Iterator[Cells]) -> list[Cells]:
        try:
            with warnings.catch_warnings(action="ignore"):
                return list(islice(parsed, RECORDS_BETWEEN_PROGRESS))
        except Exception as fault:
            raise InputFault(file=self.place, problem="is damaged", expected=EXPECTED) from fault

    def _refuse_merged(self, header: int, width: int) -> None:
        """Raise InputFault: cells of the header, or below it, are merged."""
        for cells in self._merges.get(self._sheet._worksheet_path, []):
            first_column, first_row, _, last_row = range_boundaries(cells)
            assert first_column is not None and first_row is not None and last_row is not None  # noqa: PT018
            if last_row >= header and first_column <= width:
                raise InputFault(
                    file=self.place,
                    row=first_row,
                    field=cells,
                    problem="is merged cells",
                    expected="each cell by itself: which row a merged one belongs to, nobody knows",
                )

    def _text(self, row: int, cell: dict[str, Any]) -> str:
        value, column = cell["value"], cell["column"]
        if cell["data_type"] == "f":
            raise self._fault(row, column, "is a formula", "its value: the export saved with values only")
        if cell["data_type"] == "e":
            raise self._fault(row, column, Said("is the error {value}", value=repr(str(value)[:20])), "a value")
        match value:
            case str():
                return value
            case bool():
                return str(value).upper()
            case int() | float():
                if not abs(value) < NUMBER_END:
                    raise self._fault(row, column, "is no number", "a value")
                return number_text(value)
            case datetime():
                midnight = value.time() == time()
                return value.date().isoformat() if midnight and self._is_date(cell) else value.isoformat()
            case date() | time():
                return value.isoformat()
            case timedelta():
                return _clock(value)
            case _:
                raise self._fault(row, column, "is of no kind that is read", "a text, a number, a date or a time")

    def _is_date(self, cell: dict[str, Any]) -> bool:
        """Whether the cell shows a date without a time of day."""
        style = int(cell["style_id"])
        if style not in self._formats:
            try:
                self._formats[style] = is_datetime(ReadOnlyCell(self._sheet, **cell).number_format)
            except LookupError:
                self._formats[style] = None
        return self._formats[style] == "date"

    def _fault(self, row: int, column: int | None, problem: str | Said, expected: str | Said) -> InputFault:
        """Names the column by its heading, or by its letters where it has none."""
        field = None
        if column is not None:
            heading = self._header[column - 1].strip() if column <= len(self._header) else ""
            field = " ".join(heading.split()) or get_column_letter(column)
        return InputFault(file=self.place, row=row, field=field, problem=problem, expected=expected)


def _is_hidden(look: Mapping[str, str]) -> bool:
    """Whether nobody sees a row or a column of these attributes."""
    return look.get("hidden") in ("1", "true") or look.get("ht") == "0" or look.get("width") == "0"


def _sheet(path: Path, sheets: list[Any], wanted: str | None) -> ReadOnlyWorksheet:
    visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"]
    if wanted is not None:
        for sheet in sheets:
            if sheet.title == wanted and isinstance(sheet, ReadOnlyWorksheet):
                if sheet not in visible:
                    raise InputFault(
                        file=Said("{path}, sheet {wanted}", path=path, wanted=wanted),
                        problem="is hidden",
                        expected="a sheet that people can see",
                    )
                return sheet
    elif len(visible) == 1 and isinstance(visible[0], ReadOnlyWorksheet):
        return visible[0]
    names = ", ".join(" ".join(sheet.title.split()) for sheet in visible)[:200] or "none"
    problem = (
        Said("has no sheet {wanted}", wanted=wanted)
        if wanted is not None
        else Said("has {count} visible sheets: {names}", count=len(visible), names=names)
    )
    expected = (
        Said("one of its visible sheets: {names}", names=names)
        if wanted is not None
        else "one, or `sheet` in the mapping"
    )
    raise InputFault(file=str(path), problem=problem, expected=expected)


def _clock(length: timedelta) -> str:
    """Hours may be more than 24, as in a format like [h]:mm. A negative length stays one that no reader takes."""
    seconds, rest = divmod(length, timedelta(seconds=1))
    fraction = f".{rest.microseconds:06d}" if rest else ""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"

"""Reading an export from one sheet of an .xlsx workbook, row by row."""

import warnings
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
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
from lxr.settlement.work.intake.cell_formats import shows
from lxr.settlement.work.intake.cells import CellFault
from lxr.settlement.work.intake.csv_export import RECORDS_BETWEEN_PROGRESS, Record
from lxr.settlement.work.intake.form import DateSystem, Form, SheetNotStated
from lxr.settlement.work.intake.numbers import number_text
from lxr.settlement.work.intake.xlsx_safety import EXPECTED, Merges, check_workbook

ROWS_MAX: Final = 1_048_576
COLUMNS_MAX: Final = 16_384
GRID_COLUMNS_MAX: Final = 256
EMPTY_ROWS_MAX: Final = 100_000
"""One after the other: a sheet that was formatted down to its end has a million, each of which takes time."""
CELLS_MAX: Final = 20_000_000
NUMBER_END: Final = 10**300
SEEN_FROM: Final[dict[str, float]] = {"ht": 2, "width": 0.5}
"""A row that is lower, in points, or a column that is narrower, in characters, shows nothing."""
_GENERAL: Final = "General"

Cells = tuple[int, list[dict[str, Any]]]


class Flawed(str):
    """A cell that holds no value: a formula, an error. What is wrong with it matters where the cell is used."""

    problem: Said
    expected: Said


class XlsxExport:
    """An open workbook and the sheet that is read of it."""

    def __init__(self, path: Path, file: BinaryIO, form: Form) -> None:
        """Raise InputFault for a workbook that is unsafe, damaged, or has not the one sheet to read."""
        self._file: Final = file
        self.size: Final = file.seek(0, 2)  # of what is open, whatever becomes of its name
        file.seek(0)
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
        self._formats: Final[dict[int, str]] = {}
        self.width = COLUMNS_MAX
        """So many columns of each row are given at most."""
        self.hidden_columns: Final[set[int]] = set()
        """Their numbers, from 1; known from the first row on."""
        self._hidden_rows: set[int] = set()

    def records(self, progress: Callable[[int], None] | None = None) -> Generator[Record, None, None]:
        """Yield every row that holds anything, as wide as it is, with its number; what has no value is Flawed."""
        count = 0
        for row, cells in self._rows():
            near = [cell for cell in cells if cell["column"] <= self.width]
            texts = [""] * max((cell["column"] for cell in near), default=0)
            for cell in near:
                texts[cell["column"] - 1] = self._text_or_flaw(cell)
            if not any(texts):
                continue
            yield row, tuple(texts)
            count += 1
            if progress is not None and count % RECORDS_BETWEEN_PROGRESS == 0:
                progress(self._file.tell())

    def is_hidden(self, row: int) -> bool:
        """Return whether nobody sees a row, the one that was read last or one shortly before it."""
        return row in self._hidden_rows

    @property
    def merged_spans(self) -> Mapping[int, Sequence[tuple[int, int, int]]]:
        """Merged cells by their first row: first column from 0, last column, last row."""
        found: dict[int, list[tuple[int, int, int]]] = {}
        for cells in self.merged:
            first_column, first_row, last_column, last_row = range_boundaries(cells)
            assert None not in (first_column, first_row, last_column, last_row)
            found.setdefault(int(first_row or 0), []).append(
                (int(first_column or 1) - 1, int(last_column or 1) - 1, int(last_row or 0))
            )
        return found

    def grid(self, *, unread: str | None = None) -> Iterator[tuple[int, tuple[str, ...], bool]]:
        """Yield every row that holds anything, of whatever width, with its number and whether it is hidden; once.

        unread: stands for what is in a cell that is a formula or an error, or shows something else than it holds. Where
        it is None, formulas and errors are refused, and what a cell shows does not matter.
        """
        for row, cells in self._rows():
            near = [cell for cell in cells if cell["column"] <= GRID_COLUMNS_MAX]
            texts = [""] * max((cell["column"] for cell in near), default=0)
            for cell in near:
                no_value = unread is not None and (cell["data_type"] in ("f", "e") or not self._is_shown(cell))
                try:
                    texts[cell["column"] - 1] = str(unread) if no_value else self._text(cell)
                except CellFault as fault:
                    raise InputFault(
                        file=self.place, row=row, field=fault.column, problem=fault.problem, expected=fault.expected
                    ) from None
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
                self._note_unseen(parser)
                for row, cells in some:
                    if not last < row <= ROWS_MAX:
                        problem = Said("comes after row {last}", last=last) if row <= last else "is too far down"
                        raise self._fault(
                            row, problem, Said("rows in order, at most {rows_max} of them", rows_max=ROWS_MAX)
                        )
                    last = row
                    kept = [cell for cell in cells if cell["value"] is not None or cell["data_type"] == "f"]
                    if any(not 1 <= cell["column"] <= COLUMNS_MAX for cell in kept):
                        raise self._fault(
                            row,
                            "has a cell too far right",
                            Said("at most {columns_max} columns", columns_max=COLUMNS_MAX),
                        )
                    held += len(cells)
                    if held > CELLS_MAX:
                        raise self._fault(
                            row,
                            Said("comes after {cells_max} cells", cells_max=CELLS_MAX),
                            "a sheet cut into several",
                        )
                    empty = 0 if kept else empty + 1
                    if empty > EMPTY_ROWS_MAX:
                        problem = Said(
                            "is empty, as are the {empty_rows_max} rows before it", empty_rows_max=EMPTY_ROWS_MAX
                        )
                        raise self._fault(row, problem, "a sheet without empty rows below its last one")
                    yield row, kept
            self._refuse_unseen_merges(parser)

    def _refuse_unseen_merges(self, parser: WorkSheetParser) -> None:
        """Raise InputFault: cells are merged in a way of writing in which they were not found before the rows."""
        merges = parser.merged_cells
        if merges is not None and not {each.ref for each in merges.mergeCell} <= set(self.merged):
            raise InputFault(file=self.place, problem="is damaged", expected=EXPECTED)

    def _note_unseen(self, parser: WorkSheetParser) -> None:
        """Keep which rows and columns nobody sees. Raises InputFault: those without a size of their own are such."""
        usual = getattr(parser, "sheet_format", None)
        if usual is not None:
            low = usual.customHeight and usual.defaultRowHeight < SEEN_FROM["ht"]
            if low or (usual.defaultColWidth is not None and usual.defaultColWidth < SEEN_FROM["width"]):
                raise InputFault(file=self.place, problem="is hidden", expected="a sheet that people can see")
        self._hidden_rows |= {int(row) for row, look in parser.row_dimensions.items() if _is_hidden(look)}
        parser.row_dimensions.clear()
        for look in filter(_is_hidden, parser.column_dimensions.values()):
            if not (look["min"].isdecimal() and look.get("max", "").isdecimal()):
                raise InputFault(file=self.place, problem="is damaged", expected=EXPECTED)
            self.hidden_columns.update(range(int(look["min"]), min(int(look["max"]), COLUMNS_MAX) + 1))
        parser.column_dimensions.clear()

    def _some(self, parsed: Iterator[Cells]) -> list[Cells]:
        try:
            with warnings.catch_warnings(action="ignore"):
                return list(islice(parsed, RECORDS_BETWEEN_PROGRESS))
        except Exception as fault:
            raise InputFault(file=self.place, problem="is damaged", expected=EXPECTED) from fault

    def _text_or_flaw(self, cell: dict[str, Any]) -> str:
        try:
            text = self._text(cell)
            if not self._is_shown(cell):
                column = get_column_letter(cell["column"])
                raise CellFault(column, "shows something else than it holds", "a cell in a plain format")
            return text
        except CellFault as fault:
            flawed = Flawed(str(cell["value"] or "?"))
            flawed.problem, flawed.expected = fault.problem, fault.expected
            return flawed

    def _text(self, cell: dict[str, Any]) -> str:
        """Return what a cell holds. Raises CellFault: nothing that is read."""
        value, column = cell["value"], get_column_letter(cell["column"])
        if cell["data_type"] == "f":
            raise CellFault(column, "is a formula", "its value: the export saved with values only")
        if cell["data_type"] == "e":
            raise CellFault(column, Said("is the error {value}", value=repr(str(value)[:20])), "a value")
        match value:
            case str():
                return value
            case bool():
                return str(value).upper()
            case int() | float():
                if not abs(value) < NUMBER_END:
                    raise CellFault(column, "is no number", "a value")
                return number_text(value)
            case datetime():
                midnight = value.time() == time()
                return value.date().isoformat() if midnight and self._is_date(cell) else value.isoformat()
            case date() | time():
                return value.isoformat()
            case timedelta():
                return _clock(value)
            case _:
                raise CellFault(column, "is of no kind that is read", "a text, a number, a date or a time")

    def _is_date(self, cell: dict[str, Any]) -> bool:
        """Whether the cell shows a date without a time of day."""
        return is_datetime(self._format(cell)) == "date"

    def _is_shown(self, cell: dict[str, Any]) -> bool:
        """Whether people see what the cell holds."""
        style, value = self._format(cell), cell["value"]
        return style == _GENERAL or shows(style, value)

    def _format(self, cell: dict[str, Any]) -> str:
        """Return a cell's number format; the usual one where the workbook has not the one that it names."""
        style = int(cell["style_id"])
        if style not in self._formats:
            try:
                self._formats[style] = ReadOnlyCell(self._sheet, **cell).number_format or _GENERAL
            except LookupError:
                self._formats[style] = _GENERAL
        return self._formats[style]

    def _fault(self, row: int, problem: str | Said, expected: str | Said) -> InputFault:
        return InputFault(file=self.place, row=row, problem=problem, expected=expected)


def _is_hidden(look: Mapping[str, str]) -> bool:
    """Whether nobody sees a row or a column of these attributes."""
    return look.get("hidden", "").strip() in ("1", "true") or any(
        not _is_from(look[size], least) for size, least in SEEN_FROM.items() if size in look
    )


def _is_from(size: str, least: float) -> bool:
    try:
        return float(size) >= least
    except ValueError:
        return False


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
    if wanted is None and len(visible) > 1:
        not_stated = SheetNotStated(file=str(path), problem=problem, expected=expected)
        not_stated.sheets = tuple(sheet.title for sheet in visible)
        raise not_stated
    raise InputFault(file=str(path), problem=problem, expected=expected)


def _clock(length: timedelta) -> str:
    """Hours may be more than 24, as in a format like [h]:mm. A negative length stays one that no reader takes."""
    seconds, rest = divmod(length, timedelta(seconds=1))
    fraction = f".{rest.microseconds:06d}" if rest else ""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{fraction}"

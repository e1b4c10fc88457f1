"""Sheets of waiting lines as a person gets, changes and gives them back."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from linedesk import Desk
from lxr.settlement.bank.line_sheets import agreements, decisions, exporting
from lxr.settlement.bank.line_sheets.sending import Checked, send
from lxr.settlement.messages.catalogue import Language
from parties import CUSTODY

HEADER = 2


class Sheet:
    """An open sheet, by titles in English and by the references of its lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.book = load_workbook(path)
        self.sheet: Any = self.book.worksheets[0]

    def column(self, title: str) -> int:
        return next(int(cell.column) for cell in self.sheet[HEADER] if cell.value == title)

    def row(self, ref: str) -> int:
        """The row of a line, by its reference."""
        at = self.column("line")
        return next(
            number
            for number in range(HEADER + 1, self.sheet.max_row + 1)
            if str(self.sheet.cell(number, at).value).endswith(f"/{ref}")
        )

    def get(self, ref: str, title: str) -> Any:
        return self.sheet.cell(self.row(ref), self.column(title)).value

    def put(self, ref: str, title: str, value: object) -> None:
        self.sheet.cell(self.row(ref), self.column(title)).value = value

    def decide(self, ref: str, what: str, number: str = "") -> None:
        self.put(ref, "what", what)
        self.put(ref, "number", number or None)

    @property
    def refs(self) -> list[str]:
        at = self.column("line")
        cells = [self.sheet.cell(number, at).value for number in range(HEADER + 1, self.sheet.max_row + 1)]
        return [str(cell).rpartition("/")[2] for cell in cells if cell]

    def saved(self) -> Path:
        self.book.save(self.path)
        return self.path


def for_bank(desk: Desk, path: Path, language: Language = "en") -> Sheet:
    exporting.export_for_bank(desk.house.treasurer, CUSTODY, path, language, desk.statements, desk.files)
    return Sheet(path)


def for_union(desk: Desk, path: Path) -> Sheet:
    exporting.export_for_union(desk.house.treasurer, CUSTODY, path, "en", desk.statements, desk.files)
    return Sheet(path)


def said(desk: Desk, path: Path, *, skip_bad: bool = False) -> Checked:
    """The teller brings a sheet back."""
    found = decisions.check_decisions(desk.house.teller, CUSTODY, path)
    if skip_bad or not found.faults:
        assert (len(found.asked), []) == send(desk.house.teller, found.asked)
    return found


def agreed(desk: Desk, path: Path, *, skip_bad: bool = False) -> Checked:
    """The treasurer brings a sheet back."""
    found = agreements.check_agreements(desk.house.treasurer, CUSTODY, path)
    if skip_bad or not found.faults:
        assert (len(found.asked), []) == send(desk.house.treasurer, found.asked)
    return found


def places(found: Checked) -> list[tuple[int | None, str | None]]:
    """Where the faults are: rows and columns."""
    return [(fault.row, fault.field) for fault in found.faults]


Change = Callable[[Sheet], object]

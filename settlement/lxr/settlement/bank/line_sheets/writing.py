"""A sheet for people to decide in: an .xlsx workbook whose cells are texts, amounts, and words to choose from."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from lxr.settlement.bank.formats import texts
from lxr.settlement.bank.line_sheets.columns import DECIDES, NOTICE, TITLES, Column
from lxr.settlement.messages.bilingual import Words
from lxr.settlement.messages.catalogue import Language

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

Cell = str | int | Words
"""A text, a number of fen or of days, or what is said in the reader's language."""
_HEADER: Final = 2
_WIDTHS: Final[dict[Column, int]] = {"days": 8, "direction": 10, "day": 12, "yuan": 14, "text": 40, "why": 40}
_WIDTH: Final = 24
_CHARACTERS_MAX: Final = 32_000
"""A spreadsheet's cell has a few more."""


def workbook_of(columns: Sequence[Column], rows: Sequence[Mapping[Column, Cell]], language: Language) -> bytes:
    """Return the workbook, with its words in one language. `yuan` is in fen."""
    from openpyxl import Workbook  # slow to import, and few commands write a sheet
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    book = Workbook()
    sheet: Any = book.worksheets[0]
    sheet.title = Words("lines that wait", "待核实行").in_language(language)
    _put(sheet, 1, 1, NOTICE.in_language(language))
    sheet.cell(1, 1).font = Font(bold=True, color="C00000")
    last = max(_HEADER + len(rows), _HEADER + 1)
    for place, column in enumerate(columns, start=1):
        _put(sheet, _HEADER, place, TITLES[column].in_language(language))
        sheet.cell(_HEADER, place).font = Font(bold=True)
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = _WIDTHS.get(column, _WIDTH)
        if column in DECIDES:
            choices = ",".join(each.in_language(language) for each in DECIDES[column])
            validation = DataValidation(type="list", formula1=f'"{choices}"', allow_blank=True, showErrorMessage=True)
            validation.add(f"{letter}{_HEADER + 1}:{letter}{last}")
            sheet.add_data_validation(validation)
    for number, row in enumerate(rows, start=_HEADER + 1):
        for place, column in enumerate(columns, start=1):
            value = row.get(column, "")
            if column == "yuan" and isinstance(value, int):
                sheet.cell(number, place, Decimal(value) / 100).number_format = "#,##0.00"
            elif isinstance(value, int):
                sheet.cell(number, place, value)
            else:
                _put(sheet, number, place, value.in_language(language) if isinstance(value, Words) else value)
    sheet.freeze_panes = f"B{_HEADER + 1}"
    sheet.auto_filter.ref = f"A{_HEADER}:{get_column_letter(len(columns))}{last}"
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _put(sheet: "Worksheet", row: int, column: int, text: str) -> None:
    """Put a text into a cell, which no spreadsheet takes for a formula, a number or a day, also once it is edited."""
    cell: Any = sheet.cell(row, column)
    cell.number_format = "@"
    if not text:
        return
    cell.value = texts.cleaned(text, _CHARACTERS_MAX)
    cell.data_type = "s"
    cell.quotePrefix = True

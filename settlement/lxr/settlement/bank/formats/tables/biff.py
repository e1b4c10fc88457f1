"""Old workbooks (.xls, BIFF), as many portals still make them, inside an OLE file or without one."""

import os
import struct
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from lxr.node.said import Said
from lxr.settlement.bank.formats.tables.rows import Merged, Row, Sheet
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.numbers import number_text
from lxr.settlement.work.intake.xlsx_safety import OLE_MAGIC

BYTES_MAX: Final = 64 << 20
"""A sheet has 65,536 rows at most."""
_BARE: Final = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08\x08\x00", b"\x09\x08\x10\x00")
"""How a workbook without an OLE file around it begins: BIFF2, 3, 4, 5, 8."""
_FORMULAS: Final = frozenset({0x0006, 0x0206, 0x0406})
_FIRST_WITH_UNICODE: Final = 80
"""BIFF8; BIFF5 is 50."""
EXPECTED: Final = "an .xls workbook as the bank's portal exports it; or the same saved as .xlsx"
_BOUNDSHEET: Final = 0x85
_BOF: Final = frozenset({0x0009, 0x0209, 0x0409, 0x0809})
_EOF: Final = 0x0A


def is_biff(data: bytes) -> bool:
    """Return whether a file is an OLE file or a bare BIFF stream."""
    return data.startswith((OLE_MAGIC, *_BARE))


def read_biff(data: bytes, file: str) -> Iterator[Sheet]:
    """Yield the only visible sheet of an .xls workbook; where its texts have a code page, also with that as GB18030.

    Portals write Chinese without saying so, or state a code page that it is not in. Raises InputFault: several visible
    sheets, a formula or an error in a cell, a password, a damaged file.
    """
    if len(data) > BYTES_MAX:
        raise InputFault(file=file, problem=Said("more than {most} bytes", most=BYTES_MAX), expected="a smaller file")
    try:
        book = _open(data, file, None)
        yield _sheet(book, data, file)
    except InputFault:  # it may state a code page that nobody knows, or that its texts are not in
        yield _sheet(_open(data, file, "gb18030"), data, file)
        return
    if book.biff_version < _FIRST_WITH_UNICODE:
        yield _sheet(_open(data, file, "gb18030"), data, file)


def _open(data: bytes, file: str, encoding: str | None) -> Any:
    import xlrd  # used for such files only

    try:
        with open(os.devnull, "w", encoding="utf-8") as nowhere:  # it prints what it wonders at
            return xlrd.open_workbook(
                file_contents=data,
                logfile=nowhere,
                encoding_override=encoding or ("gb18030" if _states_no_code_page(data) else None),
                formatting_info=True,
                ragged_rows=True,
                on_demand=True,  # else it forgets the stream, in which formulas are looked for
            )
    except Exception as fault:  # xlrd names no set of exceptions for a malformed file
        if "encrypted" in str(fault).lower():
            problem, expected = "is a workbook under a password", "the workbook saved without a password"
            raise InputFault(file=file, problem=problem, expected=expected) from None
        raise InputFault(file=file, problem="is a damaged .xls workbook", expected=EXPECTED) from fault


def _states_no_code_page(data: bytes) -> bool:
    """Whether a bare stream has no CODEPAGE record: then xlrd would guess, and warn."""
    return not data.startswith(OLE_MAGIC) and all(code != 0x42 for code, _, _ in _records(data, 0, len(data)))


def _sheet(book: Any, data: bytes, file: str) -> Sheet:
    try:
        sheets = book.sheets()
    except Exception as fault:  # xlrd names no set of exceptions for a malformed file
        raise InputFault(file=file, problem="is a damaged .xls workbook", expected=EXPECTED) from fault
    visible = [each for each in sheets if each.visibility == 0]
    if len(visible) != 1:
        names = ", ".join(" ".join(each.name.split()) for each in visible)[:200] or "none"
        raise InputFault(
            file=file,
            problem=Said("has {count} visible sheets: {names}", count=len(visible), names=names),
            expected="a workbook with one visible sheet",
        )
    (sheet,) = visible
    place = f"{file}, sheet {' '.join(sheet.name.split())}" if sheet.name else file
    if book.mem is None and data.startswith(OLE_MAGIC):
        raise InputFault(file=file, problem="is a damaged .xls workbook", expected=EXPECTED)
    _refuse_formula(data if book.mem is None else book.mem, book.base, sheet.number, place)
    hidden = {row for row, look in sheet.rowinfo_map.items() if look.hidden or look.height == 0}
    rows = []
    for number in range(sheet.nrows):
        cells = tuple(_text(cell, book.datemode, place, number + 1) for cell in sheet.row(number))
        if any(cells):
            rows.append(Row(number + 1, cells, number in hidden))
    hidden_columns = frozenset(column for column, look in sheet.colinfo_map.items() if look.hidden or look.width == 0)
    merged = tuple(Merged(first + 1, end, left) for first, end, left, _ in sheet.merged_cells)
    book.release_resources()
    return Sheet(place, tuple(rows), hidden_columns, merged)


def _text(cell: Any, date_mode: int, place: str, row: int) -> str:
    empty, text, number, date, boolean, error, blank = range(7)
    match cell.ctype:
        case kind if kind in (empty, blank):
            return ""
        case kind if kind == text:
            return str(cell.value)
        case kind if kind == number:
            return number_text(cell.value)
        case kind if kind == date:
            return _date(cell.value, date_mode)
        case kind if kind == boolean:
            return "TRUE" if cell.value else "FALSE"
        case _:
            assert cell.ctype == error
            raise InputFault(file=place, row=row, problem="has an error in a cell", expected="a value")


def _date(days: float, date_mode: int) -> str:
    """Days since the end of 1899, or of 1903, to the second, which is what the number can keep."""
    first = datetime(1904, 1, 1) if date_mode else datetime(1899, 12, 30)
    if not 0 <= days < 2_958_466:  # the year 10000
        return number_text(days)
    moment = first + timedelta(seconds=round(days * 86400))
    return moment.isoformat() if moment.time().isoformat() != "00:00:00" else moment.date().isoformat()


def _refuse_formula(stream: Any, base: int, number: int, place: str) -> None:
    """Raise InputFault: a cell of a sheet is a formula. xlrd gives its last value, and says nothing."""
    end = len(stream)
    heads = (at for code, at, size in _records(stream, base, end) if code == _BOUNDSHEET and size >= 4)
    starts = [base + struct.unpack_from("<I", stream, at)[0] for at in heads]
    depth = 0
    for code, at, size in _records(stream, starts[number] if starts else base, end):
        if code in _BOF:
            depth += 1
        elif code == _EOF:
            depth -= 1
            if depth <= 0:
                return
        elif code in _FORMULAS and size >= 4:
            (row,) = struct.unpack_from("<H", stream, at)
            expected = "its value: the export saved with values only"
            raise InputFault(file=place, row=row + 1, problem="is a formula", expected=expected)


def _records(stream: Any, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Each record's code, the place of its content and its length."""
    while start + 4 <= end:
        code, size = struct.unpack_from("<HH", stream, start)
        if start + 4 + size > end:
            return
        yield code, start + 4, size
        start += 4 + size

"""SpreadsheetML 2003: a workbook in one XML file, which portals give the name of an .xls."""

from io import BytesIO
from typing import Final

from lxml import etree

from lxr.node.said import Said
from lxr.settlement.bank.formats.tables.rows import Merged, Row, Sheet
from lxr.settlement.errors import InputFault

_NAMESPACE: Final = "{urn:schemas-microsoft-com:office:spreadsheet}"
_EXCEL: Final = "{urn:schemas-microsoft-com:office:excel}"
BYTES_MAX: Final = 32 << 20
"""All of it is in memory, at several times its size."""
ROWS_MAX: Final = 1_048_576
COLUMNS_MAX: Final = 256
EXPECTED: Final = "an XML spreadsheet as the bank's portal exports it; or the same saved as .xlsx"


def read_spreadsheetml(data: bytes, file: str) -> Sheet:
    """Return the only visible sheet. Raises InputFault: several, a formula, a document type, a damaged file."""
    if len(data) > BYTES_MAX:
        raise InputFault(file=file, problem=Said("more than {most} bytes", most=BYTES_MAX), expected="a smaller file")
    found: list[Sheet] = []
    try:
        parsed = etree.iterparse(
            BytesIO(data),
            events=("end",),
            tag=f"{_NAMESPACE}Worksheet",
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
        )
        for _, element in parsed:
            if element.getroottree().docinfo.doctype:
                raise InputFault(file=file, problem="declares a document type", expected=EXPECTED)
            if element.findtext(f"{_EXCEL}WorksheetOptions/{_EXCEL}Visible") is None:
                found.append(_sheet(element, file))
            element.clear()
    except etree.XMLSyntaxError as fault:
        raise InputFault(file=file, problem=Said("is not XML: {fault}", fault=str(fault)), expected=EXPECTED) from None
    if len(found) != 1:
        raise InputFault(
            file=file,
            problem=Said(
                "has {count} visible sheets: {names}",
                count=len(found),
                names=", ".join(each.place.rpartition(", sheet ")[2] for each in found)[:200] or "none",
            ),
            expected="a workbook with one visible sheet",
        )
    return found[0]


def _sheet(element: etree._Element, file: str) -> Sheet:
    place = f"{file}, sheet {' '.join((element.get(f'{_NAMESPACE}Name') or '').split())}"
    rows: list[Row] = []
    merged: list[Merged] = []
    table = element.find(f"{_NAMESPACE}Table")
    children = [] if table is None else list(table)
    number = 0
    for each in children:
        if each.tag != f"{_NAMESPACE}Row":
            continue
        number = _index(each, number, ROWS_MAX, place)
        cells = _cells(each, number, place, merged)
        if any(cells):
            rows.append(Row(number, cells, _is_hidden(each, "Height")))
        number += _whole(each, "Span", place)
    return Sheet(place, tuple(rows), _hidden_columns(children, place), tuple(merged))


def _cells(row: etree._Element, number: int, place: str, merged: list[Merged]) -> tuple[str, ...]:
    cells: list[str] = []
    for cell in row.iterchildren(f"{_NAMESPACE}Cell"):
        column = _index(cell, len(cells), COLUMNS_MAX, place)
        if cell.get(f"{_NAMESPACE}Formula") is not None:
            expected = "its value: the export saved with values only"
            raise InputFault(file=place, row=number, problem="is a formula", expected=expected)
        across, down = _whole(cell, "MergeAcross", place), _whole(cell, "MergeDown", place)
        if across or down:
            merged.append(Merged(number, number + down, column - 1))
        data = cell.find(f"{_NAMESPACE}Data")
        if data is not None and data.get(f"{_NAMESPACE}Type") == "Error":
            raise InputFault(file=place, row=number, problem="has an error in a cell", expected="a value")
        cells += [""] * (column - 1 - len(cells))
        cells.append("" if data is None else "".join(str(part) for part in data.itertext()))
        cells += [""] * min(across, COLUMNS_MAX)
    return tuple(cells)


def _hidden_columns(children: list[etree._Element], place: str) -> frozenset[int]:
    hidden: set[int] = set()
    column = 0
    for each in children:
        if each.tag == f"{_NAMESPACE}Column":
            column = _index(each, column, COLUMNS_MAX, place)
            last = column + min(_whole(each, "Span", place), COLUMNS_MAX)
            if _is_hidden(each, "Width"):
                hidden.update(range(column - 1, last))
            column = last
    return frozenset(hidden)


def _is_hidden(element: etree._Element, size: str) -> bool:
    return element.get(f"{_NAMESPACE}Hidden") == "1" or element.get(f"{_NAMESPACE}{size}") == "0"


def _index(element: etree._Element, last: int, most: int, place: str) -> int:
    """Where a row, a column or a cell stands: where it says so, which is behind the last one, or else next to it."""
    found = _whole(element, "Index", place) or last + 1
    if not last < found <= most:
        raise InputFault(file=place, problem="is damaged", expected=EXPECTED)
    return found


def _whole(element: etree._Element, name: str, place: str) -> int:
    text = element.get(f"{_NAMESPACE}{name}") or "0"
    if not (text.isascii() and text.isdecimal() and len(text) <= 7):
        raise InputFault(file=place, problem="is damaged", expected=EXPECTED)
    return int(text)

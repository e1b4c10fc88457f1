"""One sheet of texts as an .xlsx workbook, whose bytes hang on no library: a digest of them is on the ledger.

Cells are inline strings in the format of text, so that no spreadsheet takes a card's number for a number or a name for
a formula; nothing is packed, for packed bytes differ with the library that packs.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Final
from xml.sax.saxutils import escape
from zlib import crc32

_XML: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_KIND: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS: Final = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">'
    '<fonts count="1"><font><sz val="11"/><name val="宋体"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="2" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}
_TEXT, _DECIMALS = 1, 2
"""The styles' places: a text, a number with two decimals."""
_FIRST_OF_1980: Final = (0, 0x21)
"""Time and date of a part, as ZIP has them: the earliest."""
_UTF_8: Final = 0x800

Numeric = frozenset[tuple[int, int]]
"""Which cells are numbers: rows and columns from 0."""


def workbook(sheet: str, rows: Sequence[Sequence[str]], numeric: Numeric = frozenset()) -> bytes:
    """Return the workbook: the same bytes for the same cells. numeric: cells that hold a number in plain digits."""
    parts = {name: _XML + text for name, text in _PARTS.items()}
    parts["xl/workbook.xml"] = (
        f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        f'<sheet name="{escape(sheet, {chr(34): "&quot;"})}" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    body = "".join(_row(number, row, numeric) for number, row in enumerate(rows))
    parts["xl/worksheets/sheet1.xml"] = f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData></worksheet>'
    return _zipped((name, text.encode()) for name, text in parts.items())


def column_letters(column: int) -> str:
    """Return a column's letters, of its place from 0."""
    letters, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _row(number: int, row: Sequence[str], numeric: Numeric) -> str:
    return f'<row r="{number + 1}">{"".join(_cells(number, row, numeric))}</row>'


def _cells(number: int, row: Sequence[str], numeric: Numeric) -> Iterator[str]:
    for column, text in enumerate(row):
        place = f"{column_letters(column)}{number + 1}"
        if not text:
            continue
        if (number, column) in numeric:
            style = f' s="{_DECIMALS}"' if "." in text else ""
            yield f'<c r="{place}"{style}><v>{text}</v></c>'
        else:
            said = escape(text)
            yield f'<c r="{place}" s="{_TEXT}" t="inlineStr"><is><t xml:space="preserve">{said}</t></is></c>'


def _zipped(parts: Iterable[tuple[str, bytes]]) -> bytes:
    """Return a ZIP of parts that are not packed, all of the same moment."""
    out, directory, count = bytearray(), bytearray(), 0
    for name, data in parts:
        path = name.encode()
        # version needed, flags, stored, time, date, check, packed, unpacked, lengths of name and of extra fields
        said = struct.pack(
            "<HHHHHIIIHH", 20, _UTF_8, 0, *_FIRST_OF_1980, crc32(data), len(data), len(data), len(path), 0
        )
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + said + struct.pack("<HHHII", 0, 0, 0, 0, len(out)) + path
        out += b"PK\x03\x04" + said + path + data
        count += 1
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), len(out), 0)
    return bytes(out + directory + b"PK\x05\x06" + end)

"""What an export's file looks like, as far as the mapping says so. What it leaves open is recognised from the file."""

from typing import Literal

from msgspec import Struct

from lxr.settlement.errors import InputFault

Encoding = Literal["utf-8", "gb18030", "utf-16"]
Separator = Literal[",", ";", "\t", "|"]
DateSystem = Literal[1900, 1904]


class Form(Struct, frozen=True, forbid_unknown_fields=True):
    """How a file is to be read.

    encoding, separator: of a CSV file. sheet: of a workbook. columns: names that the header must have; without any,
    the first row is the header, and every column is used. header_row: the row of the header's first line; None: the
    first that has all columns. header_rows: lines that the header takes; None: as few as have all columns. keys:
    those of the columns that say whose row it is, the worker's first. totals: further words for a total in one of
    them. days: what stands under each day, where the header has a column for each. of_persons: no fault shows a cell,
    for where the header is missing a person stands in its place.
    """

    encoding: Encoding | None = None
    separator: Separator | None = None
    sheet: str | None = None
    columns: tuple[str, ...] = ()
    header_row: int | None = None
    header_rows: int | None = None
    keys: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    of_persons: bool = False


ANY_FORM = Form()


class SheetNotStated(InputFault):
    """A workbook has several sheets that people can see, and nobody said which one to read. sheets: their titles."""

    sheets: tuple[str, ...] = ()

"""What an export's file looks like, as far as the mapping says so. What it leaves open is recognised from the file."""

from typing import Literal

from msgspec import Struct

Encoding = Literal["utf-8", "gb18030", "utf-16"]
Separator = Literal[",", ";", "\t", "|"]
DateSystem = Literal[1900, 1904]


class Form(Struct, frozen=True, forbid_unknown_fields=True):
    """encoding, separator: of a CSV file. sheet: of a workbook. columns: names that the header must have."""

    encoding: Encoding | None = None
    separator: Separator | None = None
    sheet: str | None = None
    columns: tuple[str, ...] = ()


ANY_FORM = Form()

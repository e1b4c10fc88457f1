"""Full-width digits, letters and punctuation, as Chinese keyboards write them: １２，３４５．６ is 12,345.6."""

import re
from typing import Final
from unicodedata import ucd_3_2_0

_NARROW: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | dict.fromkeys((0x3000, 0xA0, 0x202F), " ")


def narrow(cell: str) -> str:
    """Return the cell in half-width. For numbers, dates and times only: a name or an id is what its characters are."""
    return cell if cell.isascii() else cell.translate(_NARROW)


def title_of(cell: str) -> str:
    """Return a heading as headings are compared: full-width and other forms of a sign are one, blanks are none."""
    return re.sub(r"\s", "", one_form(cell))


def one_form(text: str) -> str:
    """Return a text in which full-width and other forms of a sign are that sign, by the tables of every Python."""
    return text if text.isascii() else ucd_3_2_0.normalize("NFKC", text)

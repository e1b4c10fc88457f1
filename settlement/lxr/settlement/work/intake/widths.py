"""Full-width digits, letters and punctuation, as Chinese keyboards write them: １２，３４５．６ is 12,345.6."""

import re
from typing import Final
from unicodedata import ucd_3_2_0

from lxr.chaincode.unseen import UNSEEN

_NARROW: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | dict.fromkeys((0x3000, 0xA0, 0x202F), " ")
UNSEEN_SIGN: Final = re.compile(
    f"[{UNSEEN}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""What looks like nothing: controls, signs without width, and letters and signs that are printable and blank."""


def narrow(cell: str) -> str:
    """Return the cell in half-width. For numbers, dates and times only: a name or an id is what its characters are."""
    return cell if cell.isascii() else cell.translate(_NARROW)


def title_of(cell: str) -> str:
    """Return a heading, or a cell, as it looks: full-width and other forms of a sign are one, blanks are none."""
    text = "".join(one_form(cell).split())
    return text if text.isascii() and text.isprintable() else UNSEEN_SIGN.sub("", text)


def one_form(text: str) -> str:
    """Return a text in which full-width and other forms of a sign are that sign, by the tables of every Python."""
    return text if text.isascii() else ucd_3_2_0.normalize("NFKC", text)

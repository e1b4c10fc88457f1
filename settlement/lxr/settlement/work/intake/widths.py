"""Full-width digits, letters and punctuation, as Chinese keyboards write them: １２，３４５．６ is 12,345.6."""

from typing import Final

_NARROW: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: ord(" ")}


def narrow(cell: str) -> str:
    """Return the cell in half-width. For numbers, dates and times only: a name or an id is what its characters are."""
    return cell if cell.isascii() else cell.translate(_NARROW)

"""Money is whole fen. 100 fen = 1 yuan = 1 LXR."""

from typing import Annotated, Final

from msgspec import Meta

FEN_MAX: Final = 10**15
"""10 trillion yuan: far above any payroll, and exact in every JSON reader (below 2**53)."""

Fen = Annotated[int, Meta(ge=0, le=FEN_MAX)]
"""An amount or a balance, 0..FEN_MAX. msgspec refuses floats and booleans in its place."""

SomeFen = Annotated[int, Meta(ge=1, le=FEN_MAX)]
"""An amount that moves: never nothing."""

SignedFen = Annotated[int, Meta(ge=-FEN_MAX, le=FEN_MAX)]
"""A difference, or a balance at the bank, which the bank may overdraw. LXR is never below zero."""


def rounded(numerator: int, denominator: int) -> int:
    """numerator / denominator to the nearest whole fen, half up. Both nonnegative, denominator at least 1."""
    assert numerator >= 0
    assert denominator >= 1
    return (2 * numerator + denominator) // (2 * denominator)


def yuan(amount_fen: int) -> str:
    """Fen as yuan with two decimals and thousands separated: 123456 is '1,234.56'."""
    sign = "-" if amount_fen < 0 else ""
    whole, part = divmod(abs(amount_fen), 100)
    return f"{sign}{whole:,}.{part:02d}"

"""The sums of a run, from those of its shards."""

from collections.abc import Iterable
from functools import reduce

from msgspec.structs import replace

from ..token.fen import rounded
from .runs import FEE_UNIT, Totals


def run_totals(shards: Iterable[Totals]) -> Totals:
    """The sums of a run's shards, field by field, and the fee in whole fen, rounded once."""
    summed = reduce(
        lambda left, right: Totals(
            left.lines + right.lines,
            left.gross_fen + right.gross_fen,
            left.net_fen + right.net_fen,
            left.tax_fen + right.tax_fen,
            left.insurance_fen + right.insurance_fen,
            left.recovered_fen + right.recovered_fen,
            left.fee_fen + right.fee_fen,
            left.hold_fen + right.hold_fen,
            left.release_fen + right.release_fen,
            left.fee + right.fee,
        ),
        shards,
        Totals(),
    )
    return replace(summed, fee_fen=summed.fee_fen + rounded(summed.fee, FEE_UNIT), fee=0)

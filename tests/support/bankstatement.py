"""A small statement of the walk-through's custody account, as a file."""

from datetime import date
from pathlib import Path
from typing import Final

from lxr.settlement.bank.formats import camt053
from lxr.settlement.bank.model import Entry, Statement

CUSTODY: Final = "510000100010001"


def written(path: Path, day: date, number: int | None, opening_fen: int, *lines: tuple[str, int, str]) -> Path:
    """A statement with lines as (reference, signed fen, text)."""
    entries = tuple(
        Entry(
            amount_fen=abs(fen),
            credit=fen > 0,
            reversal=False,
            booking_date=day,
            value_date=day,
            bank_ref=reference,
            end_to_end_id=None,
            counterparty_name="",
            counterparty_account="",
            return_reason=None,
            remittance=text,
        )
        for reference, fen, text in lines
    )
    closing_fen = opening_fen + sum(fen for _, fen, _ in lines)
    path.write_bytes(camt053.write(Statement(path.stem, number, CUSTODY, day, opening_fen, closing_fen, entries)))
    return path

"""A payment file that the bank holds: it counts only where it is, to the byte, the one that the ledger names."""

from collections.abc import Sequence
from pathlib import Path

from lxr.settlement.bank import openings
from lxr.settlement.bank.formats import texts
from lxr.settlement.bank.formats.pain001 import TRANSFERS_MAX
from lxr.settlement.bank.model import Transfer
from lxr.settlement.bank.payment_forms import PaymentForm
from lxr.settlement.files import read_bounded


def transfers_held(path: Path, digest: str, payments: int, form: PaymentForm) -> Sequence[Transfer] | None:
    """Return the payments of a file, in its order; None: what lies there is not the ledger's file.

    digest: as the ledger has it. payments: how many orders it pays. Raises InputFault: the file cannot be read.
    """
    data, beside = read_bounded(path, texts.BYTES_MAX), openings.read(path)
    if beside is None or beside.digest(data) != digest:
        return None
    found = form.transfers(data, path.name, TRANSFERS_MAX)
    return found if len(found) == payments else None

"""Openings: beside a payout order, what shows the bank that each account is the one its worker approved.

The ledger holds a salted commitment to a worker's account, approved by the worker's key. An opening tells the bank
the commitment and the salt; the bank recomputes the commitment from the order's own account, name and bank. Whoever
changes one of those in the order cannot also change what the worker signed.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from lxr_settlement.bankfiles import texts
from lxr_settlement.bankfiles.files import read_bounded
from lxr_settlement.bankfiles.pain001 import PaymentOrder, Transfer
from lxr_settlement.errors import InputFault

Commitment = Callable[[str, str, str, bytes], str]
"""Of (creditor account, creditor name, creditor bank, salt): the commitment in hex."""

Instructed = Callable[[str], Mapping[str, str] | None]
"""Of a payout file's SHA-256 in hex: the commitments that the ledger holds for its payments, by end-to-end id; None if
the bank has accepted no cash-out of that file."""

_BYTES_MAX: Final = 16 * 1024 * 1024
_HEX: Final = texts.rule(r"([0-9a-fA-F]{2}){16,64}", "16 to 64 bytes in hex")


class Opening(Struct, frozen=True, forbid_unknown_fields=True):
    """Of one transfer. commitment, salt: 16..64 bytes in hex."""

    end_to_end_id: str
    commitment: str
    salt: str

    def fits(self, transfer: Transfer, commitment: Commitment) -> bool:
        """Whether the transfer goes to the account that the commitment hides."""
        found = commitment(
            transfer.creditor_account, transfer.creditor_name, transfer.creditor_bank, bytes.fromhex(self.salt)
        )
        return found.lower() == self.commitment.lower()


def path_beside(order_file: Path) -> Path:
    """NAME.openings.json beside NAME.xml."""
    return order_file.with_name(f"{order_file.stem}.openings.json")


def read(path: Path, order: PaymentOrder) -> dict[str, Opening]:
    """The openings of an order by end-to-end id; none when there is no such file.

    Raises InputFault, naming the opening's number from 1, for one that is malformed, repeated, or of no transfer of
    the order.
    """
    if not path.exists():
        return {}
    try:
        listed = msgspec.json.decode(read_bounded(path, _BYTES_MAX), type=list[Opening])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputFault(file=path.name, problem=str(error), expected="a list of openings") from None
    awaited = {transfer.end_to_end_id for transfer in order.transfers}
    openings: dict[str, Opening] = {}
    for row, opening in enumerate(listed, 1):
        if opening.end_to_end_id not in awaited or opening.end_to_end_id in openings:
            problem = f"has {texts.shown(opening.end_to_end_id)}"
            expected = "a transfer of the order, once"
            raise InputFault(file=path.name, row=row, field="end_to_end_id", problem=problem, expected=expected)
        for field, value in (("commitment", opening.commitment), ("salt", opening.salt)):
            texts.Place(path.name, field, row).obey(value, _HEX)
        openings[opening.end_to_end_id] = opening
    return openings

"""Openings: beside a payout order, what shows the bank that it is the file on the ledger, for the accounts approved.

The ledger holds a digest of the order that is blinded by random bytes (`blinds`), which stand here.

The ledger holds a salted commitment to a worker's account, approved by the worker's key. An opening tells the bank
the commitment and the salt; the bank recomputes the commitment from the order's own account, name and bank. Whoever
changes one of those in the order cannot also change what the worker signed.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from lxr.node.said import Said
from lxr.settlement.bank.formats import texts
from lxr.settlement.bank.model import PaymentFile, Transfer
from lxr.settlement.errors import InputFault
from lxr.settlement.files import read_bounded
from lxr.settlement.people.blinds import blinded

Commitment = Callable[[str, str, str, bytes], str]
"""Of (creditor account, creditor name, creditor bank, salt): the commitment in hex."""

Instructed = Callable[[str], Mapping[str, str] | None]
"""Of a payout file's digest, as the ledger has it: the commitments that the ledger holds for its payments, by
end-to-end id; None if the bank has accepted no cash-out of that file."""

_BYTES_MAX: Final = 16 * 1024 * 1024
_HEX: Final = texts.rule(r"([0-9a-fA-F]{2}){16,64}", "16 to 64 bytes in hex")


class Opening(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Of one transfer. commitment, salt: 16..64 bytes in hex. bank: of the payee, where the order does not say it."""

    end_to_end_id: str
    commitment: str
    salt: str
    bank: str = ""

    def fits(self, transfer: Transfer, commitment: Commitment) -> bool:
        """Whether the transfer goes to the account that the commitment hides."""
        found = commitment(
            transfer.creditor_account, transfer.creditor_name, transfer.creditor_bank, bytes.fromhex(self.salt)
        )
        return found.lower() == self.commitment.lower()


def path_beside(order_file: Path) -> Path:
    """NAME.openings.json beside NAME.xml, or whatever the order's file is called after its first name."""
    return order_file.with_name(f"{order_file.stem}.openings.json")


class Openings(Struct, frozen=True, forbid_unknown_fields=True):
    """What lies beside an order. blind: of the order's digest, 32 bytes in hex. openings: one for each transfer."""

    blind: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    openings: tuple[Opening, ...]

    def digest(self, data: bytes) -> str:
        """Return the digest of the order's bytes, as the ledger has it."""
        return blinded(data, bytes.fromhex(self.blind))


def read(order_file: Path) -> Openings | None:
    """Return what lies beside an order; None when there is no such file. Raises InputFault: it is malformed."""
    path = path_beside(order_file)
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(read_bounded(path, _BYTES_MAX), type=Openings)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputFault(
            file=path.name, problem=Said("{error}", error=error), expected="the openings of an order"
        ) from None


def by_transfer(found: Openings, file: str, order: PaymentFile) -> dict[str, Opening]:
    """Return the openings of an order by end-to-end id.

    Raises InputFault, naming the opening's number from 1, for one that is malformed, repeated, or of no transfer of
    the order.
    """
    awaited = {transfer.end_to_end_id for transfer in order.transfers}
    openings: dict[str, Opening] = {}
    for row, opening in enumerate(found.openings, 1):
        if opening.end_to_end_id not in awaited or opening.end_to_end_id in openings:
            problem = Said("has {shown}", shown=texts.shown(opening.end_to_end_id))
            expected = "a transfer of the order, once"
            raise InputFault(file=file, row=row, field="end_to_end_id", problem=problem, expected=expected)
        for field, value in (("commitment", opening.commitment), ("salt", opening.salt)):
            texts.Place(file, field, row).obey(value, _HEX)
        openings[opening.end_to_end_id] = opening
    return openings

"""An employer's own order to its bank: pay into custody."""

import base64
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from lxr.node.forms import EMPLOYER
from lxr.node.said import Said
from lxr.settlement.bank.formats import pain001, texts
from lxr.settlement.bank.model import Party, PaymentFile, Transfer
from lxr.settlement.errors import InputFault
from lxr.settlement.files import make_folder, read_bounded, write_durably

CUSTODIAN: Final = Party("洛小茸备付金托管户", "102100099996")
"""The holder of the custody account and its bank, where the caller names no other."""
PURPOSE: Final = "CASH"
"""ISO 20022 external purpose code: cash management transfer."""
_EMPLOYER: Final = texts.rule(EMPLOYER, "an employer number, E and 3 to 6 digits")


def transfer(
    directory: Path,
    employer: str,
    amount_fen: int,
    reference: str,
    debtor: Party,
    debtor_account: str,
    custody_account: str,
    now: datetime,
    *,
    creditor: Party = CUSTODIAN,
) -> Path:
    """Put the employer's own payment order into the inbox of the bank in `directory`; the file.

    reference: the employer's; from it and the employer follows the end-to-end id, so that the same order again pays
    once. debtor, debtor_account: the account that pays. creditor: the holder of the custody account, and its bank.
    Raises InputFault: a number, amount, name or account that a bank would not take, or a reference that was used for
    another transfer.
    """
    place = texts.Place(f"deposit {reference}", "employer", None)
    place.obey(employer, _EMPLOYER)
    identity = base64.b32encode(sha256(f"{employer}/{reference}".encode()).digest()).decode()[:16]
    number = f"{employer}D{identity}"
    order = PaymentFile(
        message_id=number,
        created_at=now.replace(microsecond=0),
        execution_date=now.date(),
        debtor=debtor,
        debtor_account=debtor_account,
        transfers=(
            Transfer(
                end_to_end_id=number,
                amount_fen=amount_fen,
                creditor_name=creditor.name,
                creditor_account=custody_account,
                creditor_bank=creditor.bank,
                purpose=PURPOSE,
                remittance=f"{employer} deposit",
            ),
        ),
    )
    path = directory / "inbox" / f"{number}.xml"
    if path.exists():
        there = pain001.read(read_bounded(path, texts.BYTES_MAX), path.name)
        if replace(there, created_at=order.created_at, execution_date=order.execution_date) != order:
            problem = Said(
                "{yuan} yuan from {debtor} were ordered under this reference",
                yuan=texts.yuan(there.total_fen),
                debtor=there.debtor_account,
            )
            raise InputFault(
                file=Said("deposit {reference}", reference=reference), problem=problem, expected="another reference"
            )
        return path
    data = pain001.write(order)
    make_folder(path.parent)
    write_durably(path, data)
    return path

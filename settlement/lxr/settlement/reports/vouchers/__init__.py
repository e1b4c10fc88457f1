"""Vouchers (电子凭证): a document of each event that moved money or bound somebody, made of the ledger alone.

`find` makes one from a reference; `verify_on_ledger` checks one by one's own blocks, `verify_voucher` without a ledger.
A reference is one of

    64 hexadecimal digits       a transaction: what it did to a deposit, a sheet, a run, …, as that then stood
    E001-20260915/W…            a payslip: run and worker
    E001-20260915               a run
    E001/2026-08-03/0           a sheet, in the employer's latest version: employer, day and shard
    TE001-RIDERS/1              a version of terms
    2026-09                     a closed month
    checkpoint/120              a checkpoint: its height
    LX260915WG…                 a payment order: its end-to-end id
    2026-09-15/B-17             an entry of the bank: booking day and the bank's reference; or with 6222…/ before it

What is said is a pure function of the transactions that a voucher names, so a proof of those proves every word of it.
A proof shows the parts of records that it is made of and no others: that of a payslip, an order or a dispute shows one
worker, and no sum over several. Where the voucher tells a whole command (a sheet, a certification, confirmations,
joining, any other transaction), its proof shows the command as it was signed: hand such a voucher to those who may see
that, and without its proof (`without_proof`) to anybody else.

Whoever hands a voucher on can leave transactions out and make it anew. So it says what happened and never that
something did not; a sum over several transactions names those that it is over.
"""

from lxr.settlement.errors import VoucherFault
from lxr.settlement.reports.vouchers.find import find, voucher
from lxr.settlement.reports.vouchers.verify import verify_on_ledger, verify_voucher
from lxr.settlement.reports.vouchers.voucher import Voucher, VoucherKind, encode_voucher, without_proof

__all__ = [
    "Voucher",
    "VoucherFault",
    "VoucherKind",
    "encode_voucher",
    "find",
    "verify_on_ledger",
    "verify_voucher",
    "voucher",
    "without_proof",
]

"""Vouchers (电子凭证): a document of each event that moved money or bound somebody, made of the ledger alone.

`find` makes one from a reference; `verify_voucher` checks one without a ledger. A reference is one of

    64 hexadecimal digits       a transaction: what it did to a deposit, a sheet, a run, …, as that then stood
    E001-20260915/W…            a payslip: run and worker
    E001-20260915               a run
    E001/2026-08-03/0           a sheet, in the employer's latest version: employer, day and shard
    TE001-RIDERS/1              a version of terms
    2026-09                     a closed month
    checkpoint/120              a checkpoint: its height
    LX260915WG…                 a payment order: its end-to-end id
    6222000000000001/B-17       a booking: custody account and the bank's reference; or the reference alone

What is said is a pure function of the transactions that a voucher names, so a proof of those proves every word of it.
A proof holds all that these transactions wrote, which is also what they wrote for others under their numbers: hand a
voucher with its proof to those who may see that, and without it (`without_proof`) to anybody else.
"""

from lxr_settlement.errors import VoucherFault
from lxr_settlement.vouchers.find import find, voucher
from lxr_settlement.vouchers.verify import verify_voucher
from lxr_settlement.vouchers.voucher import Kind, Voucher, encode_voucher, without_proof

__all__ = ["Kind", "Voucher", "VoucherFault", "encode_voucher", "find", "verify_voucher", "voucher", "without_proof"]

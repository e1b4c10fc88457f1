"""Accounts have a kind; a table says which kinds may pay which, for which reason. Everything else is refused.

Source of the closed loop: 非银行支付机构监督管理条例 arts. 2, 6, 24–29 (no transfer between users, made and destroyed
only against money in custody, no interest).
"""

from enum import StrEnum
from typing import Final


class AccountKind(StrEnum):
    """The first part of an account's name."""

    OUT = "out"
    """Outside the platform: money in the bank that is no LXR yet, or no longer. Its balance is not kept."""
    EMPLOYER = "employer"
    RUN = "run"
    """The wages of one shard of one payday, funded and not yet credited."""
    HELD = "held"
    """Fee, tax and insurance of one payday, until they are swept."""
    CONTESTED = "contested"
    """What rows of one shard bring that the employer contests, until an award or the deadline."""
    WORKER = "worker"
    """Wages that runs have credited. Each leaves by the cash-out of its own run, or goes back with its run."""
    RETURNED = "returned"
    """A worker's money that the bank did not pay out, or sent back. No run takes it back."""
    PENDING_REDEMPTION = "pending_redemption"
    """Held for a cash-out, until the bank has paid it or sent it back."""
    FEE = "fee"
    TAX = "tax"
    INSURANCE = "insurance"
    SUBSIDY = "subsidy"
    SUSPENSE = "suspense"
    """Money that came into custody and whose owner is not known yet."""
    BLOCKED = "blocked"
    """An employer's, against an attested deposit that its statement does not have."""
    BANK = "bank"
    """The bank's interest, which pays the bank's fees."""


class Reason(StrEnum):
    """Why money moves."""

    DEPOSIT = "deposit"
    DEPOSIT_ASSIGNED = "deposit_assigned"
    DEPOSIT_BLOCKED = "deposit_blocked"
    DEPOSIT_FOUND = "deposit_found"
    DEPOSIT_REVERSED = "deposit_reversed"
    CREDIT_UNDONE = "credit_undone"
    """A credit that gives back a debit, or that a debit takes back: it backs nothing."""
    BANK_FEE = "bank_fee"
    FUND = "fund"
    UNFUND = "unfund"
    PAY = "pay"
    UNPAY = "unpay"
    SWEEP = "sweep"
    CASH_OUT = "cash_out"
    CASH_OUT_RELEASED = "cash_out_released"
    PAID_OUT = "paid_out"
    RETURNED = "returned"


(
    OUT,
    EMPLOYER,
    RUN,
    HELD,
    CONTESTED,
    WORKER,
    RETURNED,
    PENDING_REDEMPTION,
    FEE,
    TAX,
    INSURANCE,
    SUBSIDY,
    SUSPENSE,
    BLOCKED,
    BANK,
) = AccountKind

_KINDS: Final[dict[str, AccountKind]] = {kind: kind for kind in AccountKind}

OF_WORKERS: Final = (WORKER, RETURNED)
"""The accounts that belong to one worker, whose number is the second part of the name."""
PLATFORM_ACCOUNTS: Final = (FEE, TAX, INSURANCE)
"""The accounts that belong to no employer and no worker: the union passes them on."""

MOVES: Final[dict[Reason, frozenset[tuple[AccountKind, AccountKind]]]] = {
    Reason.DEPOSIT: frozenset({(OUT, EMPLOYER), (OUT, SUBSIDY), (OUT, SUSPENSE)}),
    Reason.DEPOSIT_ASSIGNED: frozenset({(SUSPENSE, EMPLOYER), (SUSPENSE, SUBSIDY), (SUSPENSE, BANK)}),
    Reason.DEPOSIT_BLOCKED: frozenset({(EMPLOYER, BLOCKED)}),
    Reason.DEPOSIT_FOUND: frozenset({(BLOCKED, EMPLOYER)}),
    Reason.DEPOSIT_REVERSED: frozenset({(EMPLOYER, OUT), (BLOCKED, OUT)}),
    Reason.CREDIT_UNDONE: frozenset({(kind, OUT) for kind in (EMPLOYER, SUSPENSE, RETURNED, FEE, TAX, INSURANCE)}),
    Reason.BANK_FEE: frozenset({(BANK, OUT), (FEE, OUT)}),
    Reason.FUND: frozenset(
        {(EMPLOYER, RUN), (EMPLOYER, HELD), (EMPLOYER, CONTESTED), (CONTESTED, RUN), (SUBSIDY, HELD)}
    ),
    Reason.UNFUND: frozenset(
        {(RUN, EMPLOYER), (HELD, EMPLOYER), (CONTESTED, EMPLOYER), (RUN, CONTESTED), (HELD, SUBSIDY)}
    ),
    Reason.PAY: frozenset({(RUN, WORKER)}),
    Reason.UNPAY: frozenset({(WORKER, RUN)}),
    Reason.SWEEP: frozenset({(HELD, FEE), (HELD, TAX), (HELD, INSURANCE), (EMPLOYER, FEE)}),
    Reason.CASH_OUT: frozenset(
        {
            (WORKER, PENDING_REDEMPTION),
            (RETURNED, PENDING_REDEMPTION),
            (FEE, PENDING_REDEMPTION),
            (TAX, PENDING_REDEMPTION),
            (INSURANCE, PENDING_REDEMPTION),
        }
    ),
    Reason.CASH_OUT_RELEASED: frozenset(
        {
            (PENDING_REDEMPTION, WORKER),
            (PENDING_REDEMPTION, RETURNED),
            (PENDING_REDEMPTION, FEE),
            (PENDING_REDEMPTION, TAX),
            (PENDING_REDEMPTION, INSURANCE),
        }
    ),
    Reason.PAID_OUT: frozenset({(PENDING_REDEMPTION, OUT)}),
    Reason.RETURNED: frozenset(
        {(source, kind) for source in (OUT, SUSPENSE) for kind in (RETURNED, FEE, TAX, INSURANCE)}
    ),
}
assert MOVES.keys() == set(Reason)


def account(kind: AccountKind, owner: str) -> str:
    """The name of an account: 'worker:W7K…', 'run:E001-20260915.3'."""
    return f"{kind}:{owner}"


def kind_of(name: str) -> AccountKind:
    """The kind in an account's name."""
    return _KINDS[name.partition(":")[0]]

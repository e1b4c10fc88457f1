from itertools import product

import pytest

from lxr.token.accounts import MOVES, PLATFORM_ACCOUNTS, AccountKind, Reason, account, kind_of
from lxr.token.journal import Journal
from lxr.token.refusal import EdgeForbidden

ALLOWED = {(source, target, reason) for reason, edges in MOVES.items() for source, target in edges}
EVERY = [*product(AccountKind, AccountKind, Reason)]


def test_money_moves_along_every_edge_of_the_table() -> None:
    for source, target, reason in sorted(ALLOWED):
        journal = Journal({account(source, "1"): 10})
        journal.move(account(source, "1"), account(target, "2"), reason, 10)
        assert [(source, target, reason)] == [
            (kind_of(posting.source), kind_of(posting.target), posting.reason) for posting in journal.postings
        ]


def test_money_moves_along_no_other_edge() -> None:
    assert len(AccountKind) ** 2 * len(Reason) == len(EVERY)
    for source, target, reason in EVERY:
        if (source, target, reason) in ALLOWED:
            continue
        journal = Journal({account(source, "1"): 10})
        with pytest.raises(EdgeForbidden):
            journal.move(account(source, "1"), account(target, "2"), reason, 10)
        assert ({}, []) == (journal.changed(), journal.postings)


def test_no_user_pays_another_and_nobody_pays_an_employers_account_but_from_outside_or_back() -> None:
    assert not {
        edge
        for edge in ALLOWED
        if edge[:2] in {(AccountKind.WORKER, AccountKind.WORKER), (AccountKind.EMPLOYER, AccountKind.EMPLOYER)}
    }
    back = {
        AccountKind.OUT,
        AccountKind.SUSPENSE,
        AccountKind.RUN,
        AccountKind.HELD,
        AccountKind.CONTESTED,
        AccountKind.BLOCKED,
    }
    assert back == {edge[0] for edge in ALLOWED if edge[1] is AccountKind.EMPLOYER}


def test_lxr_is_made_only_for_deposits_and_returns_and_destroyed_only_for_payouts_fees_and_what_is_undone() -> None:
    assert {Reason.DEPOSIT, Reason.RETURNED} == {edge[2] for edge in ALLOWED if edge[0] is AccountKind.OUT}
    destroyed = {Reason.PAID_OUT, Reason.BANK_FEE, Reason.DEPOSIT_REVERSED, Reason.CREDIT_UNDONE}
    assert destroyed == {edge[2] for edge in ALLOWED if edge[1] is AccountKind.OUT}


def test_no_wage_bears_the_banks_fee_and_what_is_blocked_pays_nobody() -> None:
    assert {AccountKind.BANK, AccountKind.FEE} == {edge[0] for edge in ALLOWED if edge[2] is Reason.BANK_FEE}
    assert {AccountKind.EMPLOYER, AccountKind.OUT} == {edge[1] for edge in ALLOWED if edge[0] is AccountKind.BLOCKED}


def test_money_can_leave_every_kind_of_account() -> None:
    assert set(AccountKind) == {edge[0] for edge in ALLOWED}
    assert set(PLATFORM_ACCOUNTS) <= {edge[0] for edge in ALLOWED if edge[2] is Reason.CASH_OUT}


def test_the_kind_is_the_first_part_of_an_accounts_name() -> None:
    assert {kind: kind for kind in AccountKind} == {kind: kind_of(account(kind, "a:b.1")) for kind in AccountKind}

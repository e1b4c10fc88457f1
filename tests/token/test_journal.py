import pytest
from hypothesis import given
from hypothesis import strategies as st

from lxr.token.accounts import MOVES, AccountKind, Reason, account
from lxr.token.fen import FEN_MAX
from lxr.token.journal import Journal
from lxr.token.refusal import AccountShort, AmountTooLarge, Refusal

EDGES = sorted((source, target, reason) for reason, edges in MOVES.items() for source, target in edges)
NAMES = [account(kind, owner) for kind in AccountKind if kind is not AccountKind.OUT for owner in "12"]
MOVEMENTS = st.lists(
    st.tuples(st.sampled_from(EDGES), st.sampled_from("12"), st.sampled_from("12"), st.integers(0, 100)), max_size=30
)
BALANCES = st.dictionaries(st.sampled_from(NAMES), st.integers(0, 200))


@given(BALANCES, MOVEMENTS)
def test_whatever_moves_no_fen_is_lost_made_or_owed(
    balances: dict[str, int], movements: list[tuple[tuple[AccountKind, AccountKind, Reason], str, str, int]]
) -> None:
    journal = Journal(balances)
    for (source, target, reason), payer, payee, amount_fen in movements:
        before = journal.changed(), len(journal.postings)
        try:
            journal.move(account(source, payer), account(target, payee), reason, amount_fen)
        except Refusal:
            assert before == (journal.changed(), len(journal.postings))
    after = balances | journal.changed()
    assert sum(balances.values()) + journal.minted_fen - journal.burned_fen == sum(after.values())
    assert all(balance_fen >= 0 for balance_fen in after.values())
    assert not [name for name in after if name.startswith("out:")]
    replayed = Journal(balances)
    for posting in journal.postings:
        assert posting.amount_fen >= 1
        replayed.move(posting.source, posting.target, posting.reason, posting.amount_fen)
    assert journal.changed() == replayed.changed()


@given(BALANCES)
def test_only_accounts_whose_balance_changed_are_written(balances: dict[str, int]) -> None:
    balances = {**balances, "employer:1": 5}
    journal = Journal(balances)
    journal.move("employer:1", "run:1", Reason.FUND, 5)
    journal.move("run:1", "employer:1", Reason.UNFUND, 5)
    assert {} == journal.changed()
    assert 2 == len(journal.postings)


def test_an_account_cannot_pay_more_than_it_holds() -> None:
    journal = Journal({"employer:1": 10})
    journal.move("employer:1", "run:1", Reason.FUND, 4)
    with pytest.raises(AccountShort) as caught:
        journal.move("employer:1", "run:1", Reason.FUND, 7)
    assert {"account": "employer:1", "have_fen": 6, "need_fen": 7} == caught.value.facts
    assert {"employer:1": 6, "run:1": 4} == journal.changed()


def test_an_account_that_was_not_read_holds_nothing() -> None:
    with pytest.raises(AccountShort):
        Journal({}).move("employer:1", "run:1", Reason.FUND, 1)


def test_no_balance_exceeds_what_the_ledger_keeps() -> None:
    journal = Journal({"employer:1": FEN_MAX - 1})
    journal.move("out:1", "employer:1", Reason.DEPOSIT, 1)
    with pytest.raises(AmountTooLarge):
        journal.move("out:1", "employer:1", Reason.DEPOSIT, 1)
    assert {"employer:1": FEN_MAX} == journal.changed()


def test_nothing_is_posted_for_no_money() -> None:
    journal = Journal({})
    journal.move("employer:1", "run:1", Reason.FUND, 0)
    assert ([], {}) == (journal.postings, journal.changed())


@pytest.mark.parametrize("amount_fen", [-1, FEN_MAX + 1])
def test_an_amount_out_of_bounds_is_a_bug(amount_fen: int) -> None:
    with pytest.raises(AssertionError):
        Journal({"employer:1": 5}).move("employer:1", "run:1", Reason.FUND, amount_fen)

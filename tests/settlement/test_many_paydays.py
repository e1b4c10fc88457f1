"""The paydays of several employers in one call: what is left is what one after the other leaves."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pytest

from breaksoff import again_and_again
from consortium import House, rehearsal
from lxr.chaincode.refusals import Unknown
from lxr.chaincode.runs import RunState
from lxr.node.audit import audit
from lxr.node.invariants import check
from lxr.node.port import Ledger
from lxr.settlement.pay import payday
from lxr.settlement.pay.many_paydays import Stopped, paydays, paydays_due
from lxr.settlement.pay.payday import PaydayReport
from treasury import DAY_FEN, LEFT, PAYDAY

EMPLOYERS: Final = {"E001": 3, "E002": 1, "E003": 5}
"""Workers of each."""
FUNDS_FEN: Final = 10_000_000
MARKS: Final = ("account/", *LEFT)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


def worked(house: House, funds_fen: int = FUNDS_FEN) -> None:
    """Two days of work of every employer, and its money; then it is the payday."""
    teams = [house.employ(count, employer=number, shards=min(count, 2)) for number, count in EMPLOYERS.items()]
    for back in range(2):
        day = house.clock.go(date(2026, 8, 3) + timedelta(days=back))
        for team in teams:
            house.work(day, team.rows(orders=20, minutes=480))
    house.clock.go(PAYDAY)
    for number in EMPLOYERS:
        house.deposit(funds_fen, number)


def left(ledger: Ledger) -> dict[str, bytes]:
    """Every balance, run, line and order."""
    return {key: value for prefix in MARKS for key, value in ledger.scan(prefix)}


def of(found: list[PaydayReport | Stopped]) -> dict[str, tuple[RunState, int] | str]:
    """What became of each: its run's state and how many were credited, or the name of what stopped it."""
    return {
        each.employer: type(each.fault).__name__ if isinstance(each, Stopped) else (each.state, each.paid)
        for each in found
    }


PAID: Final = {number: (RunState.FUNDED, count) for number, count in EMPLOYERS.items()}


def test_several_paydays_in_one_call_leave_what_they_leave_one_after_the_other(tmp_path: Path) -> None:
    found = []
    for together in (False, True):
        with rehearsal(tmp_path / str(together)) as house:
            worked(house)
            if together:
                reports = paydays(house.treasurer, house.operator, EMPLOYERS, PAYDAY)
            else:
                reports = [payday.payday(house.treasurer, house.operator, number, PAYDAY) for number in EMPLOYERS]
            assert [] == check(house.ledger.scan)
            assert audit(house.ledger).ok
            found.append((reports, left(house.ledger)))
    assert found[0] == found[1]
    assert PAID == of(found[1][0])


def test_they_take_as_many_blocks_as_one_and_none_writes_what_another_does(house: House) -> None:
    worked(house)
    height = house.ledger.height()
    paydays(house.treasurer, house.operator, EMPLOYERS, PAYDAY)
    blocks = list(house.ledger.blocks(height))
    assert [len(EMPLOYERS)] * 7 == [len(block.transactions) for block in blocks]  # as `test_payday` counts them
    for block in blocks[1:]:  # the first enters each employer into the directory of those who have runs
        keys = [key for transaction in block.transactions for key, _ in transaction.writes]
        assert len(keys) == len(set(keys))


def test_the_same_call_again_does_nothing_and_reports_the_same(house: House) -> None:
    worked(house)
    first = paydays(house.treasurer, house.operator, EMPLOYERS, PAYDAY)
    height = house.ledger.height()
    assert first == paydays(house.treasurer, house.operator, reversed([*EMPLOYERS, "E001"]), PAYDAY)
    assert height == house.ledger.height()


def test_a_call_that_dies_after_every_block_is_finished_by_calling_again(house: House) -> None:
    worked(house)
    found, deaths = again_and_again(house, lambda treasurer, operator: paydays(treasurer, operator, EMPLOYERS, PAYDAY))
    assert 7 * len(EMPLOYERS) == deaths  # each command is a block of its own there
    assert PAID == of(found)
    assert [] == check(house.ledger.scan)


def test_who_is_short_or_refused_is_told_by_name_and_keeps_no_other_back(house: House) -> None:
    worked(house, funds_fen=7 * DAY_FEN)  # E003 needs ten days' wages
    found = paydays(house.treasurer, house.operator, ["E009", *EMPLOYERS], PAYDAY)
    assert {**PAID, "E003": (RunState.SHORT, 0), "E009": "Unknown"} == of(found)
    stopped = found[-1]
    assert isinstance(stopped, Stopped)
    assert isinstance(stopped.fault, Unknown)
    house.deposit(FUNDS_FEN, "E003")
    assert PAID == of(paydays(house.treasurer, house.operator, EMPLOYERS, PAYDAY))


def test_a_custody_account_that_is_missing_stops_each_after_its_wages_are_credited(house: House) -> None:
    worked(house)
    found = paydays(house.treasurer, house.operator, EMPLOYERS, PAYDAY, custody="9" * 20)
    assert dict.fromkeys(EMPLOYERS, "Unknown") == of(found)
    again = paydays(house.treasurer, house.operator, EMPLOYERS, PAYDAY, cash_out=False)
    assert PAID == of(again)


def test_due_are_those_with_open_days_whose_payday_it_is(house: House) -> None:
    worked(house)
    idle = house.employ(1, employer="E004")
    assert {} == of(paydays_due(house.treasurer, house.operator, PAYDAY - timedelta(days=1)))
    assert PAID == of(paydays_due(house.treasurer, house.operator, PAYDAY))
    assert idle.employer not in of(paydays_due(house.treasurer, house.operator, PAYDAY))
    assert PAID == of(paydays_due(house.treasurer, house.operator, PAYDAY))


def test_progress_is_that_of_all_together(house: House) -> None:
    worked(house)
    told: list[tuple[int, int]] = []
    paydays(house.treasurer, house.operator, EMPLOYERS, PAYDAY, progress=lambda *each: told.append(each))
    shards = sum(min(count, 2) for count in EMPLOYERS.values())
    assert (3 * shards, 3 * shards) == told[-1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)
